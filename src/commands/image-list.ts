import type { Context, GlobalOptions } from '../context.ts';
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
  const origin =
    image.record === undefined
      ? 'not built here'
      : `Debian ${image.record.suite} ${image.record.profile}, built ${image.record.builtAt.slice(0, 10)}`;
  const size = `${formatBytes(image.allocatedBytes)} of ${formatBytes(image.bytes)}`;
  return `${image.name.padEnd(width)}  ${size.padEnd(16)}  ${origin}`;
}
