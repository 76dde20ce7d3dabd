import type { Config } from '../config/machine-config.ts';
import type { MachinePaths } from '../machine/paths.ts';
import type { MachineState, RescueKind, RunningMachine } from '../machine/state.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import type { SuspendedMachine } from '../vmstate/suspended.ts';
import type { Connections } from '../machine/connection-facts.ts';
import { cardRow, connectionCard } from './card.ts';
import { foldFor } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** What is shown of a machine. */
export interface ShownStatus {
  readonly config: Config;
  readonly paths: MachinePaths;
  /** One word, as `--json` has it. */
  readonly condition: string;
  readonly running: RunningMachine | undefined;
  /** Of the machine that runs, else of its last start. */
  readonly state: MachineState | undefined;
  readonly overlayBytes: number | undefined;
  readonly suspended: SuspendedMachine | undefined;
  /** A record that cannot be read. */
  readonly unreadable:
    { readonly path: string; readonly why: string; readonly hint: string } | undefined;
}

/** `utopia status --json`; `more` has what is looked up for a machine that runs. */
export function statusRecord(
  { config, paths, condition, running, state, overlayBytes, suspended, unreadable }: ShownStatus,
  more: { readonly kernel?: unknown; readonly reach?: object; readonly shareWriters?: unknown },
): object {
  return {
    schema: 1,
    name: config.name,
    id: paths.id,
    folder: config.folder,
    state: condition,
    pid: running?.qemu.pid,
    startedAt: running === undefined ? undefined : state?.startedAt,
    readyAt: running?.state?.readyAt,
    rescue: running?.state?.rescue,
    accelerator: running?.state?.plan.accelerator,
    kernel: more.kernel,
    qemu: running?.state?.qemuVersion,
    ssh: running?.state?.ssh,
    exposed: running?.state?.exposed,
    vnc: running?.state?.plan.vnc,
    ...more.reach,
    sharedDir: running?.state?.plan.sharedDir,
    shareWriters: more.shareWriters,
    disks: running?.state?.plan.disks,
    sensors: running?.state?.plan.sensorPort,
    suspendedAt: suspended?.manifest.savedAt,
    overlay: { path: config.privateFile, bytes: overlayBytes },
    backingFile: running?.state?.backingFile,
    unreadable,
    consoleLog: paths.consoleLog,
    qemuLog: paths.qemuLog,
  };
}

const rescueTexts: Readonly<Record<RescueKind, string>> = {
  'image-kernel': 'with the kernel of its image',
  attached: 'a fresh machine, with the disk at /mnt/broken',
};

/** Where paths are shown from, and the moment that ages count to. */
export interface StatusPlace {
  readonly cwd: string;
  readonly home: string;
  readonly nowMs: number;
}

/**
 * The machine as lines for a person. `conditionText` is what its condition is called behind its
 * name; `connections` are undefined where how it was started is not known.
 */
export function describeStatus(
  shown: ShownStatus,
  conditionText: string,
  connections: Connections | undefined,
  { cwd, home, nowMs }: StatusPlace,
  { stdout, columns }: Pick<Terminal, 'stdout' | 'columns'>,
): string[] {
  const { config, paths, condition, running, overlayBytes, suspended, unreadable } = shown;
  const short = (path: string): string => shortenPath(path, cwd, home);
  const row = (label: string, text: string): string[] => cardRow(label, text, columns);
  const text =
    condition === 'suspended' && suspended === undefined
      ? 'is suspended, and the record of its memory cannot be read'
      : conditionText;
  const rescue = running?.state?.rescue;
  const how = rescue === undefined ? '' : ` (rescue: ${rescueTexts[rescue]})`;
  const disk = short(config.privateFile);
  const lines = [
    ...foldFor(stdout, `${config.name} ${text}${how}.`, columns),
    ...row(
      'disk',
      overlayBytes === undefined
        ? `${disk} (made by the first utopia up)`
        : `${disk}, ${formatBytes(overlayBytes)} of yours`,
    ),
  ];
  if (suspended !== undefined) {
    const { stateBytes, savedAt } = suspended.manifest;
    const age = formatDuration(nowMs - Date.parse(savedAt));
    lines.push(...row('memory', `${formatBytes(stateBytes)}, saved ${age} ago`));
  }
  if (unreadable !== undefined) {
    const { path, why, hint } = unreadable;
    lines.push(...row('record', `${short(path)} cannot be read: ${why}`), ...row('do', hint));
  }
  if (running?.state === undefined) return lines;
  const { startedAt, plan, qemuVersion } = running.state;
  const age = formatDuration(nowMs - Date.parse(startedAt));
  const speed = plan.accelerator === 'kvm' ? 'KVM' : 'software emulation';
  lines.push(...row('since', `${age}, pid ${running.qemu.pid}, QEMU ${qemuVersion}, ${speed}`));
  // No way leads into a guest that is off.
  if (condition === 'halted') return [...lines, ...row('console', short(paths.consoleLog))];
  const card = connections === undefined ? [] : connectionCard(connections, cwd, home, columns);
  return [...lines, ...card];
}
