import { pass, skipped, unknown, type CheckInput, type Finding } from '../check.ts';

/** What QEMU takes besides the guest's memory, by a measured 90 MB and some reserve. */
const overheadBytes = 128 * 1024 * 1024;

/** The guest's memory against what this process can have of the host's. */
export function evaluateMemory({ facts, lab }: CheckInput): Finding {
  if (lab.config === undefined) return skipped('lab.config', 'not looked at');
  const { memory } = facts.resources;
  if (memory === undefined) return unknown('not known: /proc/meminfo cannot be read');
  const { availableBytes, limitedBy } = memory;
  const { memoryMiB } = lab.config;
  const evidence = [
    { path: '/proc/meminfo', value: `${availableBytes} bytes available to this process` },
    ...(limitedBy === undefined
      ? []
      : [{ path: limitedBy.path, value: `limit ${limitedBy.bytes} bytes` }]),
  ];
  const wanted = memoryMiB * 1024 * 1024;
  if (availableBytes >= wanted + overheadBytes) {
    return pass(
      `${inGigabytes(availableBytes)} available, the guest takes ${memoryMiB} MiB`,
      evidence,
    );
  }
  const fitting = fittingMemory(availableBytes);
  const limit = limitedBy === undefined ? '' : ` The limit is set in ${limitedBy.path}.`;
  return {
    // Memory is taken as the guest touches it: too little is a risk, far too little is an end.
    status: availableBytes < wanted / 4 ? 'fail' : 'warn',
    message: `${inMebibytes(availableBytes)} are available, the guest takes ${memoryMiB} MiB and QEMU some more`,
    cause: 'memory-short',
    why: `When memory runs out, the kernel kills the largest process, which is QEMU.${limit}`,
    evidence,
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice: 'Close something, or lower UTOPIA_MEMORY_MB in utopia.config (512 boots).',
      ...(fitting === undefined || fitting >= memoryMiB
        ? {}
        : { settings: [{ key: 'UTOPIA_MEMORY_MB', value: String(fitting) }] }),
    },
  };
}

/** What a guest can have of it without taking it all: MiB, in steps of 256; undefined below what boots. */
function fittingMemory(availableBytes: number): number | undefined {
  const roomMiB = (availableBytes - overheadBytes) / 2 ** 20;
  const fittingMiB = Math.max(Math.floor((roomMiB * 0.75) / 256) * 256, roomMiB >= 512 ? 512 : 0);
  return fittingMiB >= 512 ? fittingMiB : undefined;
}

function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}

function inGigabytes(bytes: number): string {
  return bytes < 10e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.floor(bytes / 1e9)} GB`;
}
