import type { Context, GlobalOptions } from '../context.ts';
import type { ImageRecord } from '../image/image-record.ts';
import { imageFolder, listImages, type StoredImage } from '../image/store.ts';
import { listWarmBases, type WarmBase } from '../image/warm-base.ts';
import { formatBytes } from '../text/format.ts';
import { padToWidth, textWidth } from '../text/width.ts';

/** `utopia image list`: name, size, what it is; a line each. */
export async function runImageList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, env } = context;
  const [images, warm] = await Promise.all([listImages(env), listWarmBases(env)]);
  if (globals.json) {
    terminal.json({ schema: 1, folder: imageFolder(env), images, warm });
    return;
  }
  if (images.length === 0) {
    terminal.err(`No images in ${imageFolder(env)}. utopia image build makes one.`);
    return;
  }
  const width = Math.max(...images.map((image) => textWidth(image.name)));
  for (const image of images) {
    terminal.out(describeImage(image, width));
    for (const base of warm.filter(({ manifest }) => manifest.image === image.path)) {
      terminal.out(describeBase(base));
    }
  }
}

function describeImage(image: StoredImage, width: number): string {
  const origin = describeOrigin(image.record);
  const size = `${formatBytes(image.allocatedBytes)} of ${formatBytes(image.bytes)}`;
  return `${padToWidth(image.name, width)}  ${size.padEnd(16)}  ${origin}`;
}

function describeBase({ bytes, manifest }: WarmBase): string {
  const { memoryMiB, cpus, accelerator, madeAt } = manifest;
  const machine = `${memoryMiB} MiB, ${cpus} CPUs, ${accelerator.toUpperCase()}`;
  return `  warm base for utopia run: ${formatBytes(bytes)} (${machine}, of ${madeAt.slice(0, 10)})`;
}

function describeOrigin(record: ImageRecord | undefined): string {
  if (record === undefined) return 'not built here';
  const { suite, profile, include = [], builtAt, verified } = record;
  const added = include.length === 0 ? '' : ` with ${include.length} more`;
  const wrong = verified === false ? ', does not boot right' : '';
  return `Debian ${suite} ${profile}${added}, built ${builtAt.slice(0, 10)}${wrong}`;
}
