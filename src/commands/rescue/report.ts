import type { Context, GlobalOptions } from '../../context.ts';
import type { BootedMachine } from '../../lifecycle/boot-machine.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { mountPoint, type DiskCheck, type Mounting } from '../../lifecycle/rescue/mount-script.ts';
import { kernelOf } from '../../machine/plan.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { cardRow } from '../../ui/card.ts';
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
  for (const line of describeCheck(mounting?.check)) terminal.out(line);
  const row = (what: string, how: string): void => {
    for (const line of cardRow(what, how, terminal.columns)) terminal.out(line);
  };
  const disk = shortenPath(machine.config.privateFile, context.cwd, homeFolder(context.env));
  if (snapshot !== undefined) row('before', `utopia snapshot restore ${snapshot}`);
  if (attach) for (const each of attachedRows(disk, mounting)) row(...each);
  else {
    row('rescue', `${disk}, booted with the kernel of its image; its own /boot is as it was`);
  }
  row('then', 'utopia down; utopia up starts the machine as ever');
  terminal.out();
}

function attachedRows(
  disk: string,
  mounting: Mounting | undefined,
): readonly (readonly [string, string])[] {
  if (mounting === undefined) return [['rescue', `${disk} is attached to a fresh machine`]];
  const { device, access, trouble } = mounting;
  const why = trouble === undefined ? [] : ([['', trouble.replaceAll('\n', ' ')]] as const);
  if (access === 'none') {
    return [
      ['rescue', `${disk} is ${device} of a fresh machine, and cannot be mounted`],
      ...why,
      ['mend', 'utopia down; utopia rescue --fsck'],
    ];
  }
  const how = access === 'read-write' ? '' : ', for reading only (utopia rescue --fsck mends it)';
  return [
    ['rescue', `${disk} is ${mountPoint} of a fresh machine${how}`],
    ...why,
    ['copy', `utopia cp :${mountPoint}/home/user/FILE .`],
  ];
}

function describeCheck(check: DiskCheck | undefined): string[] {
  if (check === undefined) return [];
  const { status, lines } = check;
  const verdict =
    status === 0
      ? 'e2fsck found nothing to mend.'
      : status < 4
        ? 'e2fsck has mended the file system.'
        : status < 8
          ? 'e2fsck could not mend all of the file system.'
          : 'e2fsck could not work on this disk.';
  return [verdict, ...lines.map((line) => `  | ${line}`), ''];
}
