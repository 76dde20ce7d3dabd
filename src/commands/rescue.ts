import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { bootMachine } from '../lifecycle/boot-machine.ts';
import { withoutOwnAdditions } from '../lifecycle/launch/boot-entry.ts';
import { locateMachine, type ConfigFlags } from '../lifecycle/launch/locate.ts';
import { requireBackingFile } from '../lifecycle/launch/prepare.ts';
import type { UpOptions } from '../lifecycle/launch/launched-machine.ts';
import { launchMachine } from '../lifecycle/launch-machine.ts';
import { freshMachine, withBrokenDisk, type AttachedDisk } from '../lifecycle/rescue/attached.ts';
import { agreeToLoseMemory } from '../lifecycle/rescue/give-up-memory.ts';
import { withImageKernel } from '../lifecycle/rescue/image-kernel.ts';
import { mountBroken } from '../lifecycle/rescue/mount-broken.ts';
import { saveBeforeCheck } from '../lifecycle/rescue/save-before-check.ts';
import { findRunning } from '../machine/state.ts';
import { isThere } from '../system/look.ts';
import { openProgress } from '../ui/progress.ts';
import { describeUnendedBoot } from '../ui/unended-boot.ts';
import { reportRescue } from './rescue/report-rescue.ts';
import { runInForeground } from './up/foreground.ts';
import { refuseRunning, sayHead } from './up/say.ts';

export interface RescueOptions extends Pick<UpOptions, 'detach' | 'timeoutMs' | 'stallMs' | 'yes'> {
  /** The private file as the second disk of a fresh machine, instead of the machine itself. */
  readonly attach: boolean;
  /** With `attach`: e2fsck mends the disk before it is mounted. */
  readonly fsck: boolean;
  readonly flags: ConfigFlags;
}

/**
 * `utopia rescue`: a machine that does not boot any more, with the kernel of its image, or its disk
 * attached to a fresh machine. Throws `overlay-missing` for a machine that was never started.
 */
export async function runRescue(
  context: Context,
  globals: GlobalOptions,
  options: RescueOptions,
): Promise<void> {
  const machine = withoutOwnAdditions(await locateMachine(context, globals, options.flags));
  const { privateFile } = machine.config;
  const running = await findRunning(machine.paths);
  if (running !== undefined) throw await refuseRunning(undefined, globals, machine, running);
  if (!(await isThere(privateFile))) {
    throw new UtopiaError('overlay-missing', `There is no ${privateFile}: nothing to rescue.`, {
      hint: 'utopia up makes the machine.',
    });
  }
  await agreeToLoseMemory(context, machine, options.yes);
  const snapshot = options.fsck ? await saveBeforeCheck(context, machine) : undefined;

  let disk: AttachedDisk | undefined;
  const located = options.attach ? freshMachine(machine) : machine;
  const adjust = options.attach
    ? withBrokenDisk(context, machine, (found) => (disk = found))
    : withImageKernel(context, machine);
  const { terminal } = context;
  const quiet = globals.quiet || globals.json;
  const display = await openProgress(terminal, { quiet });
  try {
    if (!quiet) sayHead(context, machine);
    const launched = await launchMachine(context, located, asUp(options), display, {
      refuse: async (found) => await refuseRunning(context, globals, machine, found),
      findImage: async () => await requireBackingFile(context, machine),
      adjust,
    });
    const wish = { ...asUp(options), verbose: globals.verbose };
    await bootMachine(context, wish, located, { machine: launched, display }, async (booted) => {
      const { session, state, end } = booted;
      const wanted = end.kind === 'ready' ? disk : undefined;
      const mounting =
        wanted && (await mountBroken(context, located, state, wanted, options.fsck, display));
      display.close();
      await reportRescue(
        context,
        globals,
        { machine, located, state, end, mounting, snapshot },
        options,
      );
      if (options.detach) {
        launched.started.detach();
        return;
      }
      if (end.kind === 'failed') {
        for (const line of describeUnendedBoot(end.diagnosis, terminal)) terminal.err(line);
      }
      // What is written is written to the machine's own disk.
      const plan = { ...launched.plan, overlay: privateFile };
      await runInForeground(context, globals, located, { ...launched, plan }, session);
    });
  } finally {
    display.close();
  }
}

function asUp({ detach, timeoutMs, stallMs, yes, flags }: RescueOptions): UpOptions {
  return {
    ...{ detach, timeoutMs, stallMs, yes, flags },
    ...{ wait: true, ensure: false, exposeAnyway: false, dryRun: false, here: false },
    // Neither memory nor a warm base: the disk is to boot.
    debug: false,
    cold: true,
    bootEntry: undefined,
    qemuArgs: [],
  };
}
