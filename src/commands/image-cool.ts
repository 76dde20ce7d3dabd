import type { Context, GlobalOptions } from '../context.ts';
import { removeWarmBases } from '../image/warm-base.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireBackingFile } from '../lifecycle/launch/prepare.ts';

/** `utopia image cool`: removes the warm bases of this machine's image, or of all. */
export async function runImageCool(
  context: Context,
  globals: GlobalOptions,
  { all }: { readonly all: boolean },
): Promise<void> {
  const { env, terminal } = context;
  const chosen = await removeWarmBases(env, all ? undefined : await imageOf(context, globals));
  const bytes = chosen.reduce((sum, base) => sum + base.bytes, 0);
  if (globals.json) {
    terminal.json({ schema: 1, removed: chosen.map(({ key }) => key), bytes });
    return;
  }
  terminal.out(
    chosen.length === 0
      ? 'There is no warm base.'
      : `Removed ${countOf(chosen.length, 'warm base')}: ${formatBytes(bytes)} are free again.`,
  );
}

async function imageOf(context: Context, globals: GlobalOptions): Promise<string> {
  const located = await locateMachine(context, globals);
  return (await requireBackingFile(context, located)).path;
}
