import type { Context, GlobalOptions } from '../../context.ts';
import type { BootedMachine } from '../../lifecycle/boot-machine.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { mountPoint, type Mounting } from '../../lifecycle/rescue/rescue-mount-script.ts';
import { kernelOf } from '../../machine/plan.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { describeRescue } from '../../ui/rescued-machine.ts';
import { printCard } from '../up/say.ts';

/** A machine that was started to be mended, and what came of it. */
export interface Rescued extends Pick<BootedMachine, 'state' | 'end'> {
  readonly machine: LocatedMachine;
  /** The fresh machine with the disk attached; else the machine itself. */
  readonly located: LocatedMachine;
  readonly mounting: Mounting | undefined;
  /** Name of the snapshot that was made before e2fsck. */
  readonly snapshot: string | undefined;
}

/** Says how to get in, where the disk is, and what leads on; with --json all of it as an object. */
export async function reportRescue(
  context: Context,
  globals: GlobalOptions,
  rescued: Rescued,
  { attach, detach }: { readonly attach: boolean; readonly detach: boolean },
): Promise<void> {
  const { terminal } = context;
  const { machine, located, state, mounting, snapshot } = rescued;
  if (globals.json) {
    terminal.json({
      schema: 1,
      name: machine.config.name,
      id: machine.paths.id,
      pid: state.qemu.pid,
      rescue: state.rescue,
      kernel: kernelOf(state.plan),
      disk: machine.config.privateFile,
      mountPoint: mounting === undefined || mounting.access === 'none' ? undefined : mountPoint,
      mounting,
      snapshot,
      ssh: state.ssh,
      readyAt: state.readyAt,
    });
    return;
  }
  await printCard(context, globals, located, state, !detach);
  const disk = shortenPath(machine.config.privateFile, context.cwd, homeFolder(context.env));
  const shown = { disk, attach, mountPoint, mounting, snapshot };
  for (const line of describeRescue(shown, terminal.columns)) terminal.out(line);
  terminal.out();
}
