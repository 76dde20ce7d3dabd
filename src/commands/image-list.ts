import type { Context, GlobalOptions } from '../context.ts';
import type { ImageRecord } from '../image/image-record.ts';
import { imageFolder, listImages, type StoredImage } from '../image/store.ts';
import { formatBytes } from '../ui/format.ts';

/** `utopia image list`: name, size, what it is; a line each. */
export async function runImageList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, env } = context;
  const images = await listImages(env);
  if (globals.json) {
    terminal.out(JSON.stringify({ schema: 1, folder: imageFolder(env), images }));
    return;
  }
  if (images.length === 0) {
    terminal.err(`No images in ${imageFolder(env)}. utopia image build makes one.`);
    return;
  }
  const width = Math.max(...images.map((image) => image.name.length));
  for (const image of images) terminal.out(describeImage(image, width));
}

function describeImage(image: StoredImage, width: number): string {
  const origin = describeOrigin(image.record);
  const size = `${formatBytes(image.allocatedBytes)} of ${formatBytes(image.bytes)}`;
  return `${image.name.padEnd(width)}  ${size.padEnd(16)}  ${origin}`;
}

function describeOrigin(record: ImageRecord | undefined): string {
  if (record === undefined) return 'not built here';
  const { suite, profile, include = [], builtAt } = record;
  const added = include.length === 0 ? '' : ` with ${include.length} more`;
  return `Debian ${suite} ${profile}${added}, built ${builtAt.slice(0, 10)}`;
}
