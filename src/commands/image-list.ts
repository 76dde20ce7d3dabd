import type { Context, GlobalOptions } from '../context.ts';
import { imageFolder, listImages } from '../image/store.ts';
import { listWarmBases } from '../image/warm-base.ts';
import { describeWarmBase, imageCells } from '../ui/images.ts';
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
  const lines = layOutRows(images.map(imageCells), columns);
  for (const [at, image] of images.entries()) {
    for (const line of lines[at] ?? []) terminal.out(line);
    for (const base of warm.filter(({ manifest }) => manifest.image === image.path)) {
      for (const line of wrapText(describeWarmBase(base), columns - 2, '  ')) {
        terminal.out(`  ${line}`);
      }
    }
  }
}
