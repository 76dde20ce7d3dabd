import type { MachinePlan } from '../machine/plan.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { layOutTable } from './table.ts';

/** What the table has of a machine. */
interface MachineRow {
  readonly name: string;
  readonly state: string;
  readonly ssh: MachinePlan['ssh'] | undefined;
  readonly vnc: MachinePlan['vnc'];
  readonly memory: { readonly residentBytes: number } | undefined;
  /** ISO 8601. */
  readonly startedAt: string | undefined;
  /** Absolute. */
  readonly folder: string | undefined;
  readonly folderExists: boolean;
}

/** A table of machines, laid out for `width` columns; folders are shown from `cwd` and `home` on. */
export function machineTable(
  machines: readonly MachineRow[],
  { cwd, home, nowMs }: { readonly cwd: string; readonly home: string; readonly nowMs: number },
  width: number,
): string[] {
  const rows = machines.map((each) => [
    each.name,
    each.state,
    each.ssh === undefined ? '' : String(each.ssh.port),
    each.vnc === undefined ? '' : 'socket' in each.vnc ? 'unix' : `:${each.vnc.display}`,
    each.memory === undefined ? '' : formatBytes(each.memory.residentBytes),
    each.startedAt === undefined ? '' : formatDuration(nowMs - Date.parse(each.startedAt)),
    nameFolder(cwd, home, each),
  ]);
  const head = ['NAME', 'STATE', 'SSH', 'VNC', 'MEMORY', 'AGE', 'FOLDER'];
  return layOutTable([head, ...rows], width);
}

function nameFolder(cwd: string, home: string, { folder, folderExists }: MachineRow): string {
  if (folder === undefined) return '';
  const text = folder === cwd ? '.' : folder === home ? '~' : shortenPath(folder, cwd, home);
  return folderExists ? text : `${text} (gone)`;
}
