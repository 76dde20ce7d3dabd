import type { Context, GlobalOptions } from '../context.ts';
import { removeBuilds } from '../lifecycle/kernel/remove-builds.ts';
import { formatBytes } from '../text/format.ts';

/** `utopia kernel remove NAME…`: asks, and removes no kernel that a machine runs with. */
export async function runKernelRemove(
  context: Context,
  globals: GlobalOptions,
  { names, yes }: { readonly names: readonly string[]; readonly yes: boolean },
): Promise<void> {
  const { terminal } = context;
  const { removed, bytes } = await removeBuilds(context, names, yes);
  if (globals.json) terminal.json({ schema: 1, removed });
  else terminal.out(`Removed ${removed.join(', ')}: ${formatBytes(bytes)}`);
}
