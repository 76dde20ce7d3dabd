import type { Context, GlobalOptions } from '../context.ts';
import { removeGuestKernel } from '../lifecycle/kernel/remove-guest-kernel.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';

/** `utopia kernel remove --guest VERSION…`: asks for each, and removes neither the default nor what runs. */
export async function runKernelRemoveGuest(
  context: Context,
  globals: GlobalOptions,
  { versions, yes }: { readonly versions: readonly string[]; readonly yes: boolean },
): Promise<void> {
  const { terminal } = context;
  const guest = await findGuest(context, globals, 'root');
  const { name } = guest.machine.config;
  for (const version of new Set(versions)) {
    await removeGuestKernel(context, guest, version, yes);
    if (!globals.json) terminal.out(`Removed Linux ${version} from ${name}.`);
  }
  if (globals.json) terminal.json({ schema: 1, name, removed: [...new Set(versions)] });
}
