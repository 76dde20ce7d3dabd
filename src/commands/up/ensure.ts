import type { Context, GlobalOptions } from '../../context.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import type { UpOptions } from '../../lifecycle/launch/launched-machine.ts';
import { ensureRunning } from '../../lifecycle/watch/ensure-running.ts';
import { printCard } from './say.ts';

/** `utopia up --ensure` where the machine runs already: waits while it boots, and prints its card. */
export async function runEnsure(
  context: Context,
  globals: GlobalOptions,
  options: Pick<UpOptions, 'wait' | 'timeoutMs'>,
  located: LocatedMachine,
): Promise<void> {
  const { state } = await ensureRunning(context, located, options);
  if (state !== undefined) await printCard(context, globals, located, state, false);
}
