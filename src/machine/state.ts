import { access, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { forgetCrashWatch } from './crash-watch-process.ts';
import { removeLeftPipes } from './dump-pipes.ts';
import { forgetBridge } from './sensor-bridge.ts';
import type { MachinePaths } from './paths.ts';
import type { HostAddress, MachinePlan } from './plan.ts';
import {
  identifyProcess,
  isAlive,
  processArguments,
  type ProcessIdentity,
} from '../system/process.ts';
import type { ShareOwner } from './share-owner.ts';
import { readJson, type Reading } from '../system/json-file.ts';
import { readRegularText } from '../system/regular-file.ts';
import type { Shaped } from '../text/shape.ts';
import { stateShape } from './state-shape.ts';

/** See MachineState. */
export type RescueKind = 'image-kernel' | 'attached';

/** What is written down about a machine that was started, as JSON in its state folder. */
export interface MachineState {
  readonly schema: 1;
  readonly name: string;
  /** The config file it was started from. */
  readonly file: string;
  readonly qemu: ProcessIdentity;
  readonly qemuVersion: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly plan: MachinePlan;
  readonly ssh: HostAddress;
  /** Where the port was opened to others besides `ssh`; absent while it is closed. */
  readonly exposed?: HostAddress | undefined;
  /** A machine that was started without a port for SSH has it by now. */
  readonly sshOpen?: boolean | undefined;
  /** The guest was seen to take keys alone over SSH. */
  readonly keyOnly?: boolean | undefined;
  readonly backingFile: string;
  /** Why it does not run with KVM, as half a sentence. */
  readonly slowBecause?: string | undefined;
  /** How QEMU shows the share's owner: see chooseShareOwner. Older versions did not write it down. */
  readonly shareOwner?: ShareOwner['kind'] | undefined;
  /** Older versions wrote this where `shareOwner` is `closed`. */
  readonly shareClosed?: boolean | undefined;
  /** It went on from a warm base instead of booting. */
  readonly warm?: boolean | undefined;
  /** How it was started to be mended: with its image's kernel, or as the second disk of a fresh machine. */
  readonly rescue?: RescueKind | undefined;
  /** When the SSH banner was first seen; absent while it boots, or when nobody waited. */
  readonly readyAt?: string | undefined;
}

/** Whether a port of this host leads to the guest's SSH. */
export function isSshOpen({ plan, sshOpen }: Pick<MachineState, 'plan' | 'sshOpen'>): boolean {
  return plan.sshListens !== false || sshOpen === true;
}

/** Writes the state in one step: a reader sees the old one or the new one, never half of it. */
export async function writeState(paths: MachinePaths, state: MachineState): Promise<void> {
  const draft = `${paths.stateFile}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, paths.stateFile);
  await rm(paths.startingFile, { force: true });
}

/** The machine as it was last started, running or not; undefined when it never was, or unreadable. */
export async function readState(paths: MachinePaths): Promise<MachineState | undefined> {
  const reading = await lookForState(paths);
  return reading.kind === 'read' ? reading.value : undefined;
}

async function lookForState({ stateFile }: MachinePaths): Promise<Reading<MachineState>> {
  const reading = await readJson(stateFile, stateShape);
  return reading.kind === 'read'
    ? { kind: 'read', value: withWhatCameLater(reading.value) }
    : reading;
}

/** The state of a machine that an older utopia started has what its machine had of these: nothing. */
function withWhatCameLater(state: Shaped<typeof stateShape>): MachineState {
  const { plan } = state;
  const { cpuModel, vnc, files, extras, forwards = [], disks = [], sensorPort = false } = plan;
  const { coreInfo = false, monitorObjects = false, stateByFile = false } = extras;
  return {
    ...state,
    plan: {
      ...plan,
      ...{ cpuModel, vnc, forwards, disks, sensorPort },
      files: { ...files, sensorsSocket: files.sensorsSocket ?? '' },
      extras: { ...extras, coreInfo, monitorObjects, stateByFile },
    },
  };
}

/** A QEMU of ours that runs. Without `state` its launcher died before it could write one. */
export interface RunningMachine {
  readonly qemu: ProcessIdentity;
  readonly state: MachineState | undefined;
  /** Why what was written down about it cannot be read, to stand behind a colon. */
  readonly unreadable?: string;
}

/** What to do about a machine that runs and whose state file cannot be read. */
export const unreadableStateHint = 'utopia down, then utopia up writes it anew.';

/** Throws `state-unfit` for a machine that runs and whose state file cannot be read. */
export function refuseUnreadable(
  { stateFile }: Pick<MachinePaths, 'stateFile'>,
  { unreadable }: Pick<RunningMachine, 'unreadable'>,
): void {
  if (unreadable === undefined) return;
  throw new UtopiaError('state-unfit', 'How this machine was started cannot be read.', {
    details: [`${stateFile}: ${unreadable}`],
    hint: unreadableStateHint,
  });
}

/**
 * The machine's QEMU if it runs. A state file of a machine that has ended, or
 * whose pid belongs to another process now, counts for nothing; a QEMU that a
 * killed launcher left without a state file is found through QEMU's own pid file,
 * and before it has written that, among all processes.
 */
export async function findRunning(paths: MachinePaths): Promise<RunningMachine | undefined> {
  const reading = await lookForState(paths);
  if (reading.kind === 'read' && (await isAlive(reading.value.qemu))) {
    return { qemu: reading.value.qemu, state: reading.value };
  }
  const qemu = (await findByPidFile(paths.pidFile)) ?? (await findStarting(paths));
  if (qemu === undefined) return undefined;
  const why = reading.kind === 'unreadable' ? { unreadable: reading.why } : {};
  return { qemu, state: undefined, ...why };
}

async function findByPidFile(pidFile: string): Promise<ProcessIdentity | undefined> {
  let pid: number;
  try {
    pid = Number.parseInt(await readRegularText(pidFile), 10);
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return (await isQemuOf(pidFile, pid)) ? await identifyProcess(pid) : undefined;
}

/** A number alone proves nothing: only a QEMU started for this machine names this very file. */
async function isQemuOf(pidFile: string, pid: number): Promise<boolean> {
  const argv = await processArguments(pid);
  const position = argv.indexOf('-pidfile');
  return position >= 0 && argv[position + 1] === pidFile;
}

/** Looks at every process of the host, so only where a launcher was cut off in the middle of a start. */
async function findStarting({
  startingFile,
  pidFile,
}: MachinePaths): Promise<ProcessIdentity | undefined> {
  try {
    await access(startingFile);
  } catch {
    return undefined;
  }
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const found = await Promise.all(pids.map((pid) => isQemuOf(pidFile, pid)));
  const pid = pids.find((_each, index) => found[index]);
  return pid === undefined ? undefined : await identifyProcess(pid);
}

/** Forgets a machine that has ended, and ends who is beside it: its sensor bridge, and who waits for a crash. Its logs stay. */
export async function forgetRunning(paths: MachinePaths): Promise<void> {
  await forgetBridge(paths);
  await forgetCrashWatch(paths);
  await removeLeftPipes(paths.runtimeDir);
  const { pidFile, startingFile, qmpSocket, watchSocket, consoleSocket } = paths;
  const { sensorsSocket, agentSocket, vncSocket, crashSocket, aliveFile } = paths;
  const sockets = [
    ...[qmpSocket, watchSocket, consoleSocket, sensorsSocket],
    ...[agentSocket, vncSocket, crashSocket],
  ];
  const files = [pidFile, startingFile, aliveFile, ...sockets];
  await Promise.all(files.map((file) => rm(file, { force: true })));
}
