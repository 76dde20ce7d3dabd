import type { Writable } from 'node:stream';

/** Where a command's output goes; resolves when more may come. */
export type TakeOutput = (chunk: Buffer) => Promise<void> | undefined;

/**
 * Passes output on: a slow reader slows the guest's command, and does not fill our memory.
 * `onClosed` hears, once, that nobody reads any more; what comes then is dropped.
 */
export function takeInto(stream: Writable, onClosed?: () => void): TakeOutput {
  let told = false;
  let broken = false;
  // Asked for later, a standard stream that is a pipe knows nothing of its error: Node revives it.
  stream.once('error', () => (broken = true));
  const tellClosed = (): void => {
    if (!told) onClosed?.();
    told = true;
  };
  return (chunk) => {
    if (broken || stream.destroyed || stream.errored !== null) {
      tellClosed();
      return undefined;
    }
    if (stream.write(chunk)) return undefined;
    return new Promise((resolve) => {
      const over = (): void => {
        for (const event of ['drain', 'close', 'error']) stream.off(event, over);
        resolve();
      };
      // All of them go with the first: a slow reader makes many waits.
      for (const event of ['drain', 'close', 'error']) stream.on(event, over);
    });
  };
}

/** Gives each piece to both, and waits for the slower one. */
export function takeTwice(first: TakeOutput, second: TakeOutput): TakeOutput {
  return (chunk) => {
    const waits = [first(chunk), second(chunk)];
    return waits.every((wait) => wait === undefined) ? undefined : waitForAll(waits);
  };
}

async function waitForAll(waits: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const wait of waits) await wait;
}
