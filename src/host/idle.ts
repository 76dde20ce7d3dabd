/** What a host has to spare at one moment; what is not known is undefined. */
export interface HostIdleness {
  /** Load average of the last minute, over all processors. */
  readonly load: number | undefined;
  /** Online; 0 where they cannot be counted. */
  readonly processors: number;
  /** What a new program could take, also under the limit of a control group. */
  readonly freeMemoryBytes: number | undefined;
  /** Where the files would be written. */
  readonly freeDiskBytes: number | undefined;
  readonly onBattery: boolean;
}

/** More than half of the processors with nothing to do: a browser and an idle guest stay below, a build does not. */
const calmLoad = 0.5;
/** Of memory and of disk, what stays free beside a second guest. */
const reserveBytes = 2 ** 30;
/** Below this the host is about to swap, or a guest about to stand still on a full disk. */
const tightBytes = 2 ** 28;

/**
 * What keeps a host from booting a second guest of `memoryMiB` unasked, as a word or
 * two; undefined for nothing. The guest's memory is counted twice over: it takes that
 * of the host while it runs, and at worst as much of the disk when it is saved. Pure.
 */
export function whyNotIdle(idleness: HostIdleness, memoryMiB: number): string | undefined {
  const { load, processors, freeMemoryBytes = 0, freeDiskBytes = 0, onBattery } = idleness;
  const neededBytes = memoryMiB * 2 ** 20 + reserveBytes;
  if (onBattery) return 'on battery';
  if (load === undefined || load > processors * calmLoad) return 'busy';
  if (freeMemoryBytes < neededBytes) return 'little memory';
  if (freeDiskBytes < neededBytes) return 'little room on the disk';
  return undefined;
}

/** What is running out, so that the second guest had better go; undefined for nothing. Pure. */
export function whyTight({ freeMemoryBytes, freeDiskBytes }: HostIdleness): string | undefined {
  if (freeMemoryBytes !== undefined && freeMemoryBytes < tightBytes) return 'memory';
  return freeDiskBytes !== undefined && freeDiskBytes < tightBytes ? 'room on the disk' : undefined;
}
