import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine, type ConfigFlags } from '../lifecycle/launch/locate.ts';
import { warmImage, type WarmImageOptions } from '../lifecycle/throwaway/warm-image.ts';
import { formatBytes, formatDuration } from '../text/format.ts';

export interface WarmOptions extends WarmImageOptions {
  readonly flags: ConfigFlags;
}

/** `utopia image warm`: boots the image once, and keeps the booted machine for `utopia run` and `utopia up`. */
export async function runImageWarm(
  context: Context,
  globals: GlobalOptions,
  options: WarmOptions,
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals, options.flags);
  const { base, madeInMs } = await warmImage(context, globals, located, options);
  const made = madeInMs !== undefined;
  if (globals.json) return terminal.json({ schema: 1, made, ...base });
  const took = made ? `made in ${formatDuration(madeInMs)}` : 'is there already';
  terminal.out(`Warm base ${took}: ${formatBytes(base.bytes)}, ${base.folder}`);
}
