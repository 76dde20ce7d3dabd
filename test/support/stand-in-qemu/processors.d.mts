export function registersOf(state: 'idle' | 'busy' | 'halted' | 'panicked' | 'locked-up'): string;
export function occupyProcessor(on: boolean): void;
