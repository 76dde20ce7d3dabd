import type { ImageRecord } from '../image/image-record.ts';
import type { StoredImage } from '../image/store.ts';
import type { WarmBase } from '../image/warm-base.ts';
import { formatBytes } from '../text/format.ts';

/** An image of the store as cells of a row: name, size, what it is. */
export function imageCells(image: StoredImage): string[] {
  const origin = describeOrigin(image.record);
  const size = `${formatBytes(image.allocatedBytes)} of ${formatBytes(image.bytes)}`;
  return [image.name, size, origin];
}

/** A warm base below its image, in a line. */
export function describeWarmBase({ bytes, manifest }: WarmBase): string {
  const { memoryMiB, cpus, accelerator, madeAt } = manifest;
  const machine = `${memoryMiB} MiB, ${cpus} CPUs, ${accelerator.toUpperCase()}`;
  return `warm base for utopia run: ${formatBytes(bytes)} (${machine}, of ${madeAt.slice(0, 10)})`;
}

function describeOrigin(record: ImageRecord | undefined): string {
  if (record === undefined) return 'not built here';
  const { suite, profile, include = [], builtAt, verified } = record;
  const added = include.length === 0 ? '' : ` with ${include.length} more`;
  const wrong = verified === false ? ', does not boot right' : '';
  return `Debian ${suite} ${profile}${added}, built ${builtAt.slice(0, 10)}${wrong}`;
}
