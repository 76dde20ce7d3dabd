/**
 * What a kernel that QEMU loads is told before the user's own words, which count where both say
 * something. Two consoles: the serial one comes last, and is the one that /dev/console means.
 * `rw`: the folder for the modules can be made at once. nokaslr: the addresses in an oops are those
 * of System.map and of the debugger. no_timer_check as in an image (src/image/debian/files-boot.ts).
 */
export const directKernelArguments =
  'rw console=tty0 console=ttyS0,115200 quiet systemd.show_status=yes nokaslr mitigations=off no_timer_check';

/** The user's own words in a whole command line; a machine of an earlier release lacks the last of ours. */
export function ownKernelWords(append: string): string | undefined {
  const end = directKernelArguments.lastIndexOf(' ');
  const [before, last] = [
    directKernelArguments.slice(0, end),
    directKernelArguments.slice(end + 1),
  ];
  const behind = append.split(before)[1]?.trim() ?? '';
  const own =
    behind === last || behind.startsWith(`${last} `) ? behind.slice(last.length + 1) : behind;
  return own === '' ? undefined : own;
}
