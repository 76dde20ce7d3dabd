/** What the canary writes to isa-debug-exit (0x10) comes out as QEMU's status (0x10 << 1) | 1. */
export const canaryExit = 33;
