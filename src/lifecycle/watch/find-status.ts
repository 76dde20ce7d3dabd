import { stat } from 'node:fs/promises';
import {
  findRunning,
  readState,
  unreadableStateHint,
  type MachineState,
  type RunningMachine,
} from '../../machine/state.ts';
import type { Reading } from '../../system/json-file.ts';
import {
  lookForSuspended,
  suspendedFiles,
  type SuspendedMachine,
} from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { findCondition, type MachineCondition } from './condition.ts';

/** What is known of a machine and its files. */
export interface MachineStatus {
  readonly condition: MachineCondition;
  readonly running: RunningMachine | undefined;
  /** Of the machine that runs, else of its last start. */
  readonly state: MachineState | undefined;
  /** On the disk; undefined where the private file is not made yet. */
  readonly overlayBytes: number | undefined;
  /** The memory of one that is suspended; undefined also where its record cannot be read. */
  readonly suspended: SuspendedMachine | undefined;
  readonly unreadable: UnreadableRecord | undefined;
}

/** A record of the machine that is there, and why it cannot be read. */
export interface UnreadableRecord {
  readonly path: string;
  readonly why: string;
  readonly hint: string;
}

/** Looks whether a machine runs, how it fares, and what it has on the disk. Changes nothing. */
export async function findStatus(
  { now }: Pick<LifecycleContext, 'now'>,
  machine: LocatedMachine,
): Promise<MachineStatus> {
  const { paths, config } = machine;
  const running = await findRunning(paths);
  const state = running?.state ?? (await readState(paths));
  const condition = await findCondition(running, paths, now, config.privateFile);
  const overlayBytes = await allocatedBytes(config.privateFile);
  const memory = condition === 'suspended' ? await lookForSuspended(config.privateFile) : undefined;
  const suspended = memory?.kind === 'read' ? memory.value : undefined;
  const unreadable = findUnreadable(machine, running, memory);
  return { condition, running, state, overlayBytes, suspended, unreadable };
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

/** Bytes on disk; undefined when there is no such file. st_blocks counts 512-byte units (stat(2)). */
async function allocatedBytes(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).blocks * 512;
  } catch {
    return undefined;
  }
}
