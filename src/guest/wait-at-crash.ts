/**
 * Shell text that has a guest's kernel wait for a second, with the processor that crashed, when it
 * has printed an oops (`pause_on_oops`, kernel/panic.c): on a busy host whoever is to stop it there
 * comes late else, and the task that died is gone. Fails where the kernel has no such parameter.
 */
export const waitAtCrashScript = 'echo 1 2>/dev/null >/sys/module/kernel/parameters/pause_on_oops';
