import { dirname } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { residentBytes } from '../system/process.ts';
import { addressOf, listMachines, type KnownMachine } from '../machine/registry.ts';
import type { MachinePlan } from '../machine/plan.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { widthFor } from '../ui/lines.ts';
import { layOutTable } from '../ui/table.ts';
import { findCondition, type MachineCondition } from '../lifecycle/watch/condition.ts';
import { leadsToFolder } from '../system/look.ts';

/** A machine as `utopia ls` shows it. */
interface ListedMachine {
  /** What `-n` takes. */
  readonly name: string;
  readonly id: string;
  readonly state: MachineCondition;
  readonly folder: string | undefined;
  readonly config: string | undefined;
  readonly folderExists: boolean;
  readonly pid: number | undefined;
  readonly ssh: MachinePlan['ssh'] | undefined;
  readonly vnc: MachinePlan['vnc'];
  readonly memory:
    { readonly guestMiB: number | undefined; readonly residentBytes: number } | undefined;
  readonly startedAt: string | undefined;
}

/** `utopia ls`: every machine of this user, wherever its folder is. */
export async function runLs(
  context: Context,
  globals: GlobalOptions,
  options: { readonly all: boolean },
): Promise<void> {
  const { terminal } = context;
  const known = await listMachines(context.env, process.getuid?.() ?? 0);
  const every = await Promise.all(
    known.map(async (machine) => await look(context, known, machine)),
  );
  const shown = every.filter(
    ({ folderExists, state }) => options.all || folderExists || state !== 'stopped',
  );
  if (globals.json) {
    terminal.json({ schema: 1, machines: shown });
    return;
  }
  if (shown.length === 0) {
    terminal.out('No machines yet; utopia up in a folder makes one.');
  } else {
    for (const line of describe(context, shown)) terminal.out(line);
  }
  const hidden = every.length - shown.length;
  if (hidden > 0 && !globals.quiet) {
    terminal.err(`${hidden} more, whose folders are gone: utopia ls --all`);
  }
}

async function look(
  context: Context,
  known: readonly KnownMachine[],
  machine: KnownMachine,
): Promise<ListedMachine> {
  const { paths, state, running } = machine;
  const [condition, resident, folderExists] = await Promise.all([
    findCondition(running, paths, context.now, state?.plan.overlay),
    running === undefined ? undefined : residentBytes(running.qemu.pid),
    state === undefined ? false : leadsToFolder(dirname(state.file)),
  ]);
  const plan = running?.state?.plan;
  return {
    name: addressOf(known, machine),
    id: paths.id,
    state: condition,
    folder: state === undefined ? undefined : dirname(state.file),
    config: state?.file,
    folderExists,
    pid: running?.qemu.pid,
    ssh: plan?.ssh,
    vnc: plan?.vnc,
    memory:
      resident === undefined ? undefined : { guestMiB: plan?.memoryMiB, residentBytes: resident },
    startedAt: running?.state?.startedAt,
  };
}

function describe(context: Context, machines: readonly ListedMachine[]): string[] {
  const home = homeFolder(context.env);
  const rows = machines.map((each) => [
    each.name,
    each.state,
    each.ssh === undefined ? '' : String(each.ssh.port),
    each.vnc === undefined ? '' : 'socket' in each.vnc ? 'unix' : `:${each.vnc.display}`,
    each.memory === undefined ? '' : formatBytes(each.memory.residentBytes),
    each.startedAt === undefined
      ? ''
      : formatDuration(context.now().getTime() - Date.parse(each.startedAt)),
    nameFolder(context.cwd, home, each),
  ]);
  const head = ['NAME', 'STATE', 'SSH', 'VNC', 'MEMORY', 'AGE', 'FOLDER'];
  const { stdout, columns } = context.terminal;
  return layOutTable([head, ...rows], widthFor(stdout, columns));
}

function nameFolder(cwd: string, home: string, { folder, folderExists }: ListedMachine): string {
  if (folder === undefined) return '';
  const text = folder === cwd ? '.' : folder === home ? '~' : shortenPath(folder, cwd, home);
  return folderExists ? text : `${text} (gone)`;
}
