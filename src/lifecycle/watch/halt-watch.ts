import { setTimeout as sleep } from 'node:timers/promises';

/** kernel/reboot.c says so last, on every console. */
const words = Buffer.from('reboot: System halted');
/** Between two looks at the processors of a guest that says that it halts. */
const lookMs = 200;
/** It has stopped them after so many, also on a busy host. */
const mostLooks = 50;

/**
 * Reads a console's bytes, cut anywhere, and calls `onHalt` when the guest says that it has halted
 * and `isHalted` finds so: anybody in the guest can print the words.
 */
export function watchForHalt(
  isHalted: () => Promise<boolean>,
  onHalt: () => void,
  signal: AbortSignal,
): (chunk: Uint8Array) => void {
  let rest = Buffer.alloc(0);
  let looking = false;
  const confirm = async (): Promise<void> => {
    for (let count = 0; count < mostLooks && !signal.aborted; count += 1) {
      if (await isHalted().catch(() => false)) {
        onHalt();
        return;
      }
      await sleep(lookMs, undefined, { signal });
    }
  };
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    rest = Buffer.from(bytes.subarray(Math.max(0, bytes.length - words.length + 1)));
    if (looking || !bytes.includes(words)) return;
    looking = true;
    confirm()
      .catch(() => {})
      .finally(() => (looking = false));
  };
}
