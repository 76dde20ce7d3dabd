import { stat } from 'node:fs/promises';
import type { Context, GlobalOptions } from '../context.ts';
import type { People } from '../host/facts/people.ts';
import { findPeople } from '../host/people.ts';
import { exitStatus, type ExitStatus } from '../errors.ts';
import {
  findRunning,
  readState,
  type RescueKind,
  unreadableStateHint,
  type RunningMachine,
} from '../machine/state.ts';
import type { Reading } from '../system/json-file.ts';
import { kernelOf } from '../machine/plan.ts';
import { homeFolder } from '../system/places.ts';
import { cardRow, connectionCard } from '../ui/card.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { lookForSuspended, suspendedFiles, type SuspendedMachine } from '../vmstate/suspended.ts';
import {
  conditionTexts,
  findCondition,
  type MachineCondition,
} from '../lifecycle/watch/condition.ts';
import { connectionsOf, reachOf } from '../lifecycle/watch/connections.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { writersOf } from '../lifecycle/watch/find-share-writers.ts';

/**
 * `utopia status`: whether the machine runs, since when, and how to reach it. Gives the status of
 * `--exit-status`: 0 for one that runs, 69 for one that boots, stands still or is off.
 */
export async function runStatus(context: Context, globals: GlobalOptions): Promise<ExitStatus> {
  const located = await locateMachine(context, globals);
  const running = await findRunning(located.paths);
  const state = running?.state ?? (await readState(located.paths));
  const condition = await findCondition(
    running,
    located.paths,
    context.now,
    located.config.privateFile,
  );
  const people = await findPeople(context.env, context.cwd);
  const overlayBytes = await allocatedBytes(located.config.privateFile);

  const memory =
    condition === 'suspended' ? await lookForSuspended(located.config.privateFile) : undefined;
  const suspended = memory?.kind === 'read' ? memory.value : undefined;
  const unreadable = findUnreadable(located, running, memory);
  const status = condition === 'running' ? exitStatus.ok : exitStatus.unavailable;
  if (globals.json) {
    context.terminal.json({
      schema: 1,
      name: located.config.name,
      id: located.paths.id,
      folder: located.config.folder,
      state: condition,
      pid: running?.qemu.pid,
      startedAt: running === undefined ? undefined : state?.startedAt,
      readyAt: running?.state?.readyAt,
      rescue: running?.state?.rescue,
      accelerator: running?.state?.plan.accelerator,
      kernel: running?.state && kernelOf(running.state.plan),
      qemu: running?.state?.qemuVersion,
      ssh: running?.state?.ssh,
      exposed: running?.state?.exposed,
      vnc: running?.state?.plan.vnc,
      ...(running?.state === undefined ? {} : reachOf(running.state, people)),
      sharedDir: running?.state?.plan.sharedDir,
      shareWriters: running?.state && (await writersOf(running.state)),
      disks: running?.state?.plan.disks,
      sensors: running?.state?.plan.sensorPort,
      suspendedAt: suspended?.manifest.savedAt,
      overlay: { path: located.config.privateFile, bytes: overlayBytes },
      backingFile: running?.state?.backingFile,
      unreadable,
      consoleLog: located.paths.consoleLog,
      qemuLog: located.paths.qemuLog,
    });
    return status;
  }
  for (const line of await describe(context, located, {
    running,
    condition,
    people,
    overlayBytes,
    suspended,
    unreadable,
  })) {
    context.terminal.out(line);
  }
  return status;
}

const rescueTexts: Readonly<Record<RescueKind, string>> = {
  'image-kernel': 'with the kernel of its image',
  attached: 'a fresh machine, with the disk at /mnt/broken',
};

/** What was found out about the machine and its host. */
interface Found {
  readonly running: RunningMachine | undefined;
  readonly condition: MachineCondition;
  readonly people: People;
  readonly overlayBytes: number | undefined;
  readonly suspended: SuspendedMachine | undefined;
  readonly unreadable: UnreadableRecord | undefined;
}

/** A record of the machine that is there, and why it cannot be read. */
interface UnreadableRecord {
  readonly path: string;
  readonly why: string;
  readonly hint: string;
}

function findUnreadable(
  { config, paths }: LocatedMachine,
  running: RunningMachine | undefined,
  memory: Reading<SuspendedMachine> | undefined,
): UnreadableRecord | undefined {
  if (memory?.kind === 'unreadable') {
    const hint = 'Put it back, or boot (its memory is lost): utopia up --cold';
    return { path: suspendedFiles(config.privateFile).manifest, why: memory.why, hint };
  }
  if (running?.unreadable === undefined) return undefined;
  return { path: paths.stateFile, why: running.unreadable, hint: unreadableStateHint };
}

async function describe(
  context: Context,
  { config, paths }: LocatedMachine,
  { running, condition, people, overlayBytes, suspended, unreadable }: Found,
): Promise<string[]> {
  const home = homeFolder(context.env);
  const short = (path: string): string => shortenPath(path, context.cwd, home);
  const { columns } = context.terminal;
  const text =
    condition === 'suspended' && suspended === undefined
      ? 'is suspended, and the record of its memory cannot be read'
      : conditionTexts[condition];
  const rescue = running?.state?.rescue;
  const sentence = `${config.name} ${text}${rescue === undefined ? '' : ` (rescue: ${rescueTexts[rescue]})`}.`;
  const lines = foldFor(context.terminal.stdout, sentence, columns);
  const disk = short(config.privateFile);
  const size =
    overlayBytes === undefined
      ? `${disk} (made by the first utopia up)`
      : `${disk}, ${formatBytes(overlayBytes)} of yours`;
  lines.push(...cardRow('disk', size, columns));
  const state = running?.state;
  if (suspended !== undefined) {
    const age = context.now().getTime() - Date.parse(suspended.manifest.savedAt);
    const memory = `${formatBytes(suspended.manifest.stateBytes)}, saved ${formatDuration(age)} ago`;
    lines.push(...cardRow('memory', memory, columns));
  }
  if (unreadable !== undefined) {
    const { path, why, hint } = unreadable;
    const what = `${short(path)} cannot be read: ${why}`;
    lines.push(...cardRow('record', what, columns), ...cardRow('do', hint, columns));
  }
  if (running === undefined) return lines;
  if (state !== undefined) {
    const age = context.now().getTime() - Date.parse(state.startedAt);
    const speed = state.plan.accelerator === 'kvm' ? 'KVM' : 'software emulation';
    const since = `${formatDuration(age)}, pid ${running.qemu.pid}, QEMU ${state.qemuVersion}, ${speed}`;
    lines.push(...cardRow('since', since, columns));
    // No way leads into a guest that is off.
    if (condition === 'halted') {
      return [...lines, ...cardRow('console', short(paths.consoleLog), columns)];
    }
    const connections = {
      ...(await connectionsOf(state, paths, people, false, context.env)),
      lost: condition === 'panicked' || condition === 'locked-up',
    };
    lines.push(...connectionCard(connections, context.cwd, home, columns));
  }
  return lines;
}

/** Bytes on disk; undefined when there is no such file. st_blocks counts 512-byte units (stat(2)). */
async function allocatedBytes(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).blocks * 512;
  } catch {
    return undefined;
  }
}
