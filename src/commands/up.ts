import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { prepareFolders } from '../machine/folders.ts';
import { lockMachine } from '../machine/lock.ts';
import { checkSocketPaths } from '../machine/paths.ts';
import { findRunning } from '../machine/state.ts';
import { openProgress, type ProgressDisplay } from '../ui/progress.ts';
import { locateMachine, type LocatedMachine } from './locate.ts';
import { chooseFolder } from './up/choose-folder.ts';
import { offerImage } from './up/default-image.ts';
import { runDryRun } from './up/dry-run.ts';
import { readOwnArguments } from './up/own-arguments.ts';
import { offerGroup } from './up/group-session.ts';
import { findSuitableQemu } from './up/prepare.ts';
import { agreeToShare } from './up/share.ts';
import type { LaunchedMachine, UpOptions } from './up/types.ts';
import { headLine, printCard, refuseRunning } from './up/say.ts';
import { startMachine } from './up/start.ts';

/** How long another utopia may hold the lock: it starts a machine, or tidies up after one. */
const lockWaitMs = 5_000;

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
  const located = await locateMachine(context, globals, options.flags);
  if (options.dryRun) {
    await runDryRun(context, globals, located, options.qemuArgs);
    return undefined;
  }
  const status = await offerGroup(context, globals, located);
  if (status !== undefined) return status;
  if ((await findRunning(located.paths)) !== undefined) {
    const { goOnIfPaused } = await import('./up/standing-still.ts');
    if (await goOnIfPaused(context, globals, located)) return undefined;
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
    const machine = await launch(context, globals, located, options, display);
    // A machine that goes on, and had no agent, gets its clock and its share back over SSH.
    const complete = machine.resumed === undefined || machine.woken === true;
    if (options.detach && !options.wait && complete) {
      machine.knock?.stop();
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

/** Everything up to QEMU's start, under the machine's lock. */
async function launch(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  options: UpOptions,
  display: ProgressDisplay,
): Promise<LaunchedMachine> {
  const { paths, uid } = located;
  checkSocketPaths(paths);
  await prepareFolders(paths, uid);
  await refuseIfRunning(context, globals, located, options);
  // What takes minutes or may fail for good comes before the lock.
  const qemu = await findSuitableQemu(
    context,
    located,
    options.qemuArgs,
    options.yes ? 'yes' : 'ask',
  );
  await agreeToShare(context, located.config.sharedDir, options.yes);
  const backing = await offerImage(context, globals, located, options.yes);
  const lock = await lockMachine(paths.lockFile, { waitMs: lockWaitMs, signal: context.signal });
  try {
    await refuseIfRunning(context, globals, located, options);
    return await startMachine(context, located, { qemu, backing }, options, display);
  } finally {
    await lock.release();
  }
}

async function refuseIfRunning(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  { ensure }: Pick<UpOptions, 'ensure'>,
): Promise<void> {
  const running = await findRunning(located.paths);
  if (running === undefined) return;
  // With --ensure the card comes once the machine is up.
  throw await refuseRunning(ensure ? undefined : context, globals, located, running);
}
