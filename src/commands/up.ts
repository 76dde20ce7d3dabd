import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findRunning } from '../machine/state.ts';
import { openProgress } from '../ui/progress.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { chooseFolder } from './up/choose-folder.ts';
import { offerImage } from './up/default-image.ts';
import { planBootEntry } from './up/boot-entry.ts';
import { runDryRun } from './up/dry-run.ts';
import { readOwnArguments } from './up/own-arguments.ts';
import { offerGroup } from './up/group-session.ts';
import type { UpOptions } from '../lifecycle/launch/types.ts';
import { headLine, printCard, refuseRunning } from './up/say.ts';
import { withoutOwnKernel } from '../lifecycle/launch/boot-entry.ts';
import { launchMachine } from '../lifecycle/launch-machine.ts';

/**
 * `utopia up`: from a folder to a machine that answers, and what it says while it runs.
 * Gives a status only when another `utopia up` ran in its place.
 */
export async function runUp(
  surroundings: Context,
  wanted: GlobalOptions,
  typed: UpOptions,
): Promise<number | undefined> {
  const options = { ...typed, qemuArgs: readOwnArguments(surroundings, typed.qemuArgs) };
  const { context, globals } = await chooseFolder(surroundings, wanted, options.here);
  const found = await locateMachine(context, globals, options.flags);
  const located = options.bootEntry === undefined ? found : withoutOwnKernel(found);
  if (options.dryRun) {
    await runDryRun(context, globals, located, options);
    return undefined;
  }
  const status = await offerGroup(context, globals, located);
  if (status !== undefined) return status;
  if ((await findRunning(located.paths)) !== undefined) {
    const { runResumePaused } = await import('./up/resume-paused.ts');
    if (await runResumePaused(context, globals, located)) return undefined;
  }
  try {
    await start(context, globals, located, options);
  } catch (error) {
    const runs = error instanceof UtopiaError && error.code === 'machine-running';
    if (!options.ensure || !runs) throw error;
    const { ensureRunning } = await import('./up/ensure.ts');
    await ensureRunning(context, globals, options, located);
  }
  return undefined;
}

/** Starts it, and watches or leaves it. Throws `machine-running` where it runs. */
async function start(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  options: UpOptions,
): Promise<void> {
  const quiet = globals.quiet || globals.json;
  const display = await openProgress(context.terminal, { quiet });
  try {
    if (!quiet) context.terminal.err(headLine(located, context));
    const machine = await launchMachine(context, located, options, display, {
      // With --ensure the card comes once the machine is up.
      refuse: async (running) =>
        await refuseRunning(options.ensure ? undefined : context, globals, located, running),
      findImage: async () => await offerImage(context, globals, located, options.yes),
      adjust: await planBootEntry(context, located, options.bootEntry),
    });
    // A machine that goes on, and had no agent, gets its clock and its share back over SSH.
    const complete = machine.resumed === undefined || machine.woken === true;
    if (options.detach && !options.wait && complete) {
      machine.bannerProbe?.stop();
      machine.started.detach();
      display.close();
      await printCard(context, globals, located, machine.state, false);
      return;
    }
    // Loaded while QEMU starts.
    const { bringUp } = await import('./up/bring-up.ts');
    await bringUp(context, globals, options, located, machine, display);
  } finally {
    display.close();
  }
}
