/**
 * What a kernel that QEMU loads is told before the user's own words, which count where both say
 * something. Two consoles: the serial one comes last, and is the one that /dev/console means.
 * `rw`: the folder for the modules can be made at once. nokaslr: the addresses in an oops are those
 * of System.map and of the debugger.
 */
export const directKernelArguments =
  'rw console=tty0 console=ttyS0,115200 quiet systemd.show_status=yes nokaslr mitigations=off';
