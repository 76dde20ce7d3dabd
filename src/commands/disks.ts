import type { Context, GlobalOptions } from '../context.ts';
import { describeDisks, findRootDisk } from '../image/disks/describe-disk.ts';
import { inspectDisks } from '../image/disks/inspect.ts';
import { findRunning } from '../machine/state.ts';
import { listDisks } from '../ui/disks.ts';
import { homeFolder } from '../system/places.ts';
import { locateMachine, type ConfigFlags } from '../lifecycle/launch/locate.ts';

/**
 * `utopia disks`: the exercise disks of the running machine, or those that the next
 * start will attach. Throws what `up` would throw when one of these cannot serve.
 */
export async function runDisks(
  context: Context,
  globals: GlobalOptions,
  flags: ConfigFlags,
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals, flags);
  const state = (await findRunning(located.paths))?.state;
  const running = state !== undefined;
  const settings = state?.plan.disks ?? located.config.disks;
  const root = await findRootDisk(located.config, context.env);
  const disks = await describeDisks(settings, root, running);
  if (globals.json) terminal.json({ schema: 1, running, disks });
  else {
    for (const line of listDisks(disks, running, context.cwd, homeFolder(context.env))) {
      terminal.out(line);
    }
  }
  if (!running) await inspectDisks(settings, root);
}
