import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findImage, removeImage } from '../image/store.ts';
import { removeWarmBases } from '../image/warm-base.ts';
import { confirm } from '../ui/ask.ts';
import { formatBytes } from '../text/format.ts';

/** `utopia image remove NAME`: asks, since overlays that stand on the image die with it. */
export async function runImageRemove(
  context: Context,
  globals: GlobalOptions,
  options: { readonly name: string; readonly yes: boolean },
): Promise<void> {
  const { terminal } = context;
  const image = await findImage(context.env, options.name);
  const agreed = await confirm(
    terminal,
    `Remove ${image.name} (${formatBytes(image.allocatedBytes)})? Private files made over it need it.`,
    { assumeYes: options.yes, signal: context.signal },
  );
  if (!agreed) throw new UtopiaError('consent-needed', `${image.name} was not removed.`);
  await removeImage(image);
  // Nothing can start from them any more.
  await removeWarmBases(context.env, image.path);
  if (globals.json) terminal.json({ schema: 1, removed: image.path });
  else terminal.out(`Removed ${image.path}`);
}
