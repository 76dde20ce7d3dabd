import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findRunning } from '../machine/state.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import { lookForSuspended } from '../vmstate/suspended.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { chooseFolder } from './up/choose-folder.ts';
import { offerImage } from './up/offer-image.ts';
import { planBootEntry } from './up/plan-boot-entry.ts';
import { runDryRun } from './up/dry-run.ts';
import { readOwnArguments } from '../lifecycle/launch/own-arguments.ts';
import { offerGroup } from './up/group-session.ts';
import type { UpOptions } from '../lifecycle/launch/launched-machine.ts';
import { printCard, refuseRunning, sayHead } from './up/say.ts';
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
  const own = { ...typed, qemuArgs: readOwnArguments(surroundings, typed.qemuArgs) };
  const options = own.debug ? beforeFirstInstruction(own) : own;
  const { context, globals } = await chooseFolder(surroundings, wanted, options.here);
  const found = await locateMachine(context, globals, options.flags);
  const located = options.bootEntry === undefined ? found : withoutOwnKernel(found);
  if (options.dryRun) {
    await runDryRun(context, globals, located, options);
    return undefined;
  }
  if (typed.debug && !typed.cold) await requireNothingSaved(located);
  const status = await offerGroup(context, globals, located);
  if (status !== undefined) return status;
  if ((await findRunning(located.paths)) !== undefined) {
    const { runResumePaused } = await import('./up/say-resumed.ts');
    if (await runResumePaused(context, globals, located)) return undefined;
  }
  try {
    await start(context, globals, located, options);
  } catch (error) {
    const runs = error instanceof UtopiaError && error.code === 'machine-running';
    if (!options.ensure || !runs) throw error;
    const { runEnsure } = await import('./up/ensure.ts');
    await runEnsure(context, globals, options, located);
  }
  return undefined;
}

const stoppedText =
  'The guest is stopped before its first instruction: utopia gdb goes to it, and utopia up lets it run.';

/** Nobody waits for a guest that does not run. */
function beforeFirstInstruction(options: UpOptions): UpOptions {
  const qemuArgs = [...options.qemuArgs, '-S'];
  return { ...options, detach: true, wait: false, cold: true, qemuArgs };
}

/** Throws `state-unfit` for a machine that would go on instead of booting. */
async function requireNothingSaved({ config }: LocatedMachine): Promise<void> {
  if ((await lookForSuspended(config.privateFile)).kind === 'absent') return;
  throw new UtopiaError('state-unfit', `${config.name} is suspended, and --debug boots it.`, {
    hint: 'utopia up goes on with it. To give its memory up: utopia up --debug --cold',
  });
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
    if (!quiet) sayHead(context, located);
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
      if (options.debug && !quiet) {
        const { stderr, columns } = context.terminal;
        for (const line of foldFor(stderr, stoppedText, columns)) context.terminal.err(line);
      }
      return;
    }
    // Loaded while QEMU starts.
    const { bringUp } = await import('./up/bring-up.ts');
    await bringUp({ context, globals, options, located, machine, display });
  } finally {
    display.close();
  }
}
