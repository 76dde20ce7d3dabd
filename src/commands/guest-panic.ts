import { readConsoleLine } from '../crash/console-line.ts';
import { UtopiaError } from '../errors.ts';
import { readTail } from '../guest/file-tail.ts';
import type { MachinePaths } from '../machine/paths.ts';

/** A panic's last words, and whatever a dying kernel adds to them. */
const tailBytes = 4_096;
/** kernel/panic.c prints this and loops for ever, unless it was told to reboot. */
const lastWords = '---[ end Kernel panic - not syncing';

/**
 * The panic after which a guest stands still, in the kernel's words; undefined for
 * one that goes on. QEMU lets it loop and calls it running: that its last words were
 * a panic is what its console log shows, until a reset.
 */
export async function findPanic(
  paths: Pick<MachinePaths, 'consoleLog' | 'firmwareLog'>,
): Promise<string | undefined> {
  const [console, firmware] = await Promise.all(
    [paths.consoleLog, paths.firmwareLog].map(async (file) => await readTail(file, tailBytes)),
  );
  if (console === undefined) return undefined;
  // SeaBIOS writes at every reset, also where the next kernel has no serial console.
  if (firmware !== undefined && firmware.writtenAt > console.writtenAt) return undefined;
  const messages = console.bytes
    .toString('latin1')
    .split('\n')
    .map((line) => readConsoleLine(line).message);
  const at = messages.findLastIndex((message) => message.startsWith(lastWords));
  if (at === -1) return undefined;
  const boots = messages.slice(at).some((message) => /^(?:GRUB|Linux version) /.test(message));
  return boots ? undefined : (messages[at] ?? '').replaceAll(/^---\[ end | \]---\s*$/g, '').trim();
}

/** What commands that need the guest say of one that has panicked. */
export function panicked(panic: string): UtopiaError {
  return new UtopiaError('guest-lost', "The guest's kernel has panicked.", {
    details: [panic],
    hint: 'utopia oops explains it; utopia down --force, then utopia up, starts anew.',
  });
}
