import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listenToSignals } from '../../../src/system/signals.ts';

test('the first signal asks, the second hurries, and then the system’s own handling is back', async () => {
  const before = process.listenerCount('SIGHUP');
  const seen: number[] = [];
  const other = (): void => void seen.push(process.listenerCount('SIGHUP') - before);
  const listener = listenToSignals(process);
  const { signal, urgentSignal } = listener;
  process.on('SIGHUP', other);
  try {
    process.emit('SIGHUP', 'SIGHUP');
    expect([signal.aborted, urgentSignal.aborted]).toEqual([true, false]);
    process.emit('SIGHUP', 'SIGHUP');
    expect(urgentSignal.aborted).toBe(true);
    // Who hears the second one after us must not think that nobody else did.
    expect(seen).toEqual([2, 2]);
    await nextTurn();
    expect(process.listenerCount('SIGHUP') - before).toBe(1);
  } finally {
    listener.stopListening();
    process.off('SIGHUP', other);
  }
});
