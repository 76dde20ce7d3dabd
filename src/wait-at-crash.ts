/**
 * The kernel's parameter `pause_on_oops` (kernel/panic.c): seconds that it waits, with the processor
 * that crashed, when it has printed an oops. On a busy host whoever is to stop it there comes late
 * else, and the task that died is gone.
 */
const parameter = '/sys/module/kernel/parameters/pause_on_oops';
const seconds = 1;

/** Shell text that has a guest that runs wait so. Fails where the kernel has no such parameter. */
export const waitAtCrashScript = `echo ${seconds} 2>/dev/null >${parameter}`;

/**
 * QEMU's arguments that have each boot of a guest wait so: a line for systemd-tmpfiles
 * (tmpfiles.d(5), `w` writes into a file that is there), handed over as systemd's credential
 * `tmpfiles.extra` in a string of the firmware's tables (smbios-type-11(7), since systemd 252). A
 * guest without such a systemd does not look at it, and crashes as fast as before.
 */
export const waitAtCrashArgs: readonly string[] = [
  '-smbios',
  `type=11,value=io.systemd.credential:tmpfiles.extra=w ${parameter} - - - - ${seconds}`,
];
