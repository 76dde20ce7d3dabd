import type { Context, GlobalOptions } from '../context.ts';
import type { ImageRecord } from '../image/image-record.ts';
import { imageFolder, listImages, type StoredImage } from '../image/store.ts';
import { listWarmBases, type WarmBase } from '../image/warm-base.ts';
import { formatBytes } from '../text/format.ts';
import { widthFor, wrapText } from '../ui/lines.ts';
import { layOutRows } from '../ui/table.ts';

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
  const columns = widthFor(terminal.stdout, terminal.columns);
  const lines = layOutRows(images.map(describeImage), columns);
  for (const [at, image] of images.entries()) {
    for (const line of lines[at] ?? []) terminal.out(line);
    for (const base of warm.filter(({ manifest }) => manifest.image === image.path)) {
      for (const line of wrapText(describeBase(base), columns - 2, '  ')) {
        terminal.out(`  ${line}`);
      }
    }
  }
}

function describeImage(image: StoredImage): string[] {
  const origin = describeOrigin(image.record);
  const size = `${formatBytes(image.allocatedBytes)} of ${formatBytes(image.bytes)}`;
  return [image.name, size, origin];
}

function describeBase({ bytes, manifest }: WarmBase): string {
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
