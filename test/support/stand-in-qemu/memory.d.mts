export const memoryBytes: number;
export const directMap: bigint;
export const written: { readonly text: string; readonly physical: bigint };
export const mappings: readonly {
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly bytes: number;
}[];
export const coreInfo: string;
export function guestMemory(options?: { readonly notesInMemory?: boolean }): Buffer;
export function coreInfoNote(): Buffer;
export function coreDump(options?: {
  readonly withNotes?: boolean;
  readonly notesInMemory?: boolean;
}): Buffer;
