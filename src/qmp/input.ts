import type { QmpClient } from './client.ts';

/** How long keys are held: QEMU's own default, long enough for a slow guest to see them. */
const holdMs = 100;

/**
 * Presses keys together on the guest's keyboard (`keys` of qmp/key-chords.ts) and waits
 * until they are up again, so that the next chord is one of its own.
 */
export async function pressKeys(client: QmpClient, keys: readonly string[]): Promise<void> {
  await client.execute('send-key', {
    keys: keys.map((data) => ({ type: 'qcode', data })),
    'hold-time': holdMs,
  });
  // QEMU answers when the keys are down; it lifts them one after the other.
  await new Promise((resolve) => setTimeout(resolve, holdMs + 20 * keys.length));
}

/** Writes what the guest's screen shows into a file, as a PPM: every QEMU can. */
export async function dumpScreen(client: QmpClient, file: string): Promise<void> {
  await client.execute('screendump', { filename: file });
}
