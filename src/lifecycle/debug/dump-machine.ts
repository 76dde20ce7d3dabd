import { open, lstat, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../../errors.ts';
import { availableBytes } from '../../image/free-space.ts';
import { hasSince } from '../../hardware-generation.ts';
import { lockMachine } from '../../machine/lock.ts';
import type { RunningMachine } from '../../machine/state.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { queryDump, startDump, type DumpFormat } from '../../qmp/dump-memory.ts';
import { QmpError } from '../../qmp/qmp-errors.ts';
import { draftPath, placeFile, removeDrafts } from '../../system/atomic-file.ts';
import { openDeadline } from '../../system/deadline.ts';
import { openNamedFolder } from '../../system/named-place.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import type { RunningTask } from '../../vmcore/core-notes.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { openDumpPipe, type DumpPipe } from './dump-pipe.ts';
import { receiveDump, type ReceivedDump } from './receive-dump.ts';

/** What a dump is to be. */
export interface DumpRequest {
  /** Relative to the current folder. */
  readonly file: string;
  readonly format: DumpFormat;
  /** A file of this name is replaced. */
  readonly force: boolean;
  /** Bytes so far. */
  readonly onBytes: (bytes: number) => void;
}

/** A dump that is there. */
export interface MachineDump extends ReceivedDump {
  /** Absolute. */
  readonly file: string;
  /** Without the empty pages. */
  readonly allocatedBytes: number;
  /** The machine has the device that takes the kernel's notes. */
  readonly hasDevice: boolean;
}

/** Another utopia may be starting or tidying up this machine. */
const lockWaitMs = 5_000;
/** What a dump has beside memory: the screen's, heads, and some room for others. */
const roomBeside = 64e6;

/**
 * Writes the memory of a running machine into a file, whole or not at all. The guest stands still
 * meanwhile and is then in the state that it was in, also after a failure and when it is
 * interrupted. Throws `file-exists`, `cannot-create`, `disk-full`, `machine-busy`, `qemu-failed`.
 */
export async function dumpMachine(
  context: Pick<LifecycleContext, 'cwd' | 'env' | 'signal' | 'now'>,
  located: LocatedMachine,
  running: RunningMachine,
  { file: name, format, force, onBytes }: DumpRequest,
): Promise<MachineDump> {
  const { signal } = context;
  const file = resolve(context.cwd, name);
  const unmade = (error: unknown): unknown =>
    error instanceof UtopiaError || signal.aborted
      ? error
      : describeUnmade(`Cannot write ${file}`, file, error, anotherName);
  await using folder = await openNamedFolder(context.cwd, dirname(file), anotherName);
  const place = folder.path(basename(file));
  await refuseTaken(place, file, force);
  const { plan } = running.state ?? {};
  if (plan !== undefined) await requireRoom(folder.path('.'), file, plan.memoryMiB, format);
  const lock = await lockMachine(located.paths.lockFile, { waitMs: lockWaitMs, signal });
  await removeDrafts(place);
  const draft = folder.path(basename(draftPath(basename(file))));
  let handle: FileHandle | undefined;
  try {
    handle = await open(draft, 'wx+', 0o600);
    const pipe = await openDumpPipe(located.paths.runtimeDir, context.env);
    // It is QEMU that must be done with the pipe, also after Ctrl-C.
    const patient = { now: context.now, signal: new AbortController().signal };
    const received = await dumpInto(signal, {
      ...{ file: handle, format, onBytes, pipe },
      talk: async (use) => await withMonitor(patient, located, running, use),
    });
    signal.throwIfAborted();
    await handle.sync();
    const { blocks } = await handle.stat();
    if (force) await rename(draft, place);
    else if (!(await placeFile(draft, place))) throw taken(file);
    const hasDevice =
      plan === undefined || (plan.extras.coreInfo && hasSince('coreInfo', plan.hardwareGeneration));
    return { ...received, file, allocatedBytes: blocks * 512, hasDevice };
  } catch (error) {
    signal.throwIfAborted();
    throw unmade(error);
  } finally {
    await handle?.close();
    await rm(draft, { force: true });
    await lock.release();
  }
}

const anotherName = 'Name another file: utopia dump /tmp/guest.elf';

/** Before anything is done: also with `force`, what is no file stays what it is. */
async function refuseTaken(place: string, file: string, force: boolean): Promise<void> {
  const found = await lstat(place).catch(() => undefined);
  if (found === undefined || (force && found.isFile())) return;
  throw found.isFile()
    ? taken(file)
    : new UtopiaError('cannot-create', `${file} is there, and is no file.`, { hint: anotherName });
}

function taken(file: string): UtopiaError {
  return new UtopiaError('file-exists', `${file} is there already.`, {
    hint: `${anotherName}; or replace it: --force`,
  });
}

/** All of memory has to fit, also where much of it will turn out to be empty. */
async function requireRoom(
  folder: string,
  file: string,
  memoryMiB: number,
  format: DumpFormat,
): Promise<void> {
  const needed = roomBeside + (format === 'elf' ? memoryMiB * 1024 * 1024 : 0);
  const available = await availableBytes(folder);
  if (available >= needed) return;
  throw new UtopiaError(
    'disk-full',
    `No room for the dump in ${dirname(file)}: ${formatBytes(available)} free, up to ${formatBytes(needed)} needed.`,
    {
      hint:
        format === 'elf'
          ? 'Name a file elsewhere, or have it packed, for crash alone: --format kdump'
          : 'Name a file elsewhere.',
    },
  );
}

type DumpSigns = Pick<MachineDump, 'hasCoreInfo' | 'hasAddresses' | 'hasDevice'>;

/** Why a debugger may not read it; undefined for one that should be read. Pure. */
export function doubtDump({ hasCoreInfo, hasAddresses, hasDevice }: DumpSigns): string | undefined {
  if (!hasDevice && hasCoreInfo !== true) {
    return 'This machine has no vmcoreinfo device: debuggers may not understand its memory. It goes on from a state of an earlier utopia, or its QEMU is too old; the next boot brings the device.';
  }
  if (hasCoreInfo === false) {
    return 'The guest has left no notes on its memory (VMCOREINFO): drgn and crash may not understand it. In the guest: modprobe qemu_fw_cfg';
  }
  return hasAddresses === false
    ? "The kernel's own addresses were not found in it: crash may read it, drgn 0.0.22 will not."
    : undefined;
}

/** How long QEMU may take to let its guest go on after a dump that was broken off. */
const settleMs = 30_000;
const lookMs = 20;

/** Where a dump goes, and how QEMU is asked for it. */
export interface DumpTarget extends Pick<DumpRequest, 'format' | 'onBytes'> {
  /** A task that is known to be on a processor. */
  readonly task?: RunningTask | undefined;
  /** Open, and empty. */
  readonly file: FileHandle;
  /** It is closed in any case, unless QEMU may still be about to open it. */
  readonly pipe: DumpPipe;
  /** Talks to QEMU for a moment; its monitor is free otherwise. */
  readonly talk: <Result>(use: (client: QmpClient) => Promise<Result>) => Promise<Result>;
}

/**
 * Dumps a running machine's memory into an open, empty file. The caller holds the machine's lock,
 * since saving its memory and this stop and resume one guest. Throws as `dumpMachine` does.
 */
export async function dumpInto(
  signal: AbortSignal,
  { file, format, onBytes, pipe, talk, task }: DumpTarget,
): Promise<ReceivedDump> {
  try {
    await talk(async (client) => await startDump(client, pipe.path, format));
  } catch (error) {
    if (!(error instanceof QmpError)) {
      pipe.abandon();
      throw error;
    }
    await pipe.close();
    throw refused(error);
  }
  const stop = (): void => void pipe.bytes.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const received = await receiveDump(pipe.bytes, file, format, onBytes, task);
    if ((await talk(settle)) === 'completed') return received;
    throw new UtopiaError('qemu-failed', 'QEMU says that its dump has failed.', {
      hint: 'utopia logs --qemu may say more.',
    });
  } catch (error) {
    await pipe.close();
    await talk(settle).catch(() => {
      // The machine may have ended: that is what `error` is about.
    });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await pipe.close();
  }
}

/** Waits until QEMU has finished with a dump, and its guest is in the state that it was in. */
async function settle(client: QmpClient): Promise<string> {
  const deadline = openDeadline(settleMs);
  try {
    for (;;) {
      const { status } = await queryDump(client);
      if (status !== 'active') return status;
      await sleep(lookMs, undefined, { signal: deadline.signal });
    }
  } finally {
    deadline.stop();
  }
}

function refused(error: QmpError): UtopiaError {
  const isBusy = /dump in p|dump .*process|migration/i.test(error.description);
  return new UtopiaError(
    isBusy ? 'machine-busy' : 'qemu-failed',
    `QEMU makes no dump now: ${error.description}`,
    { hint: isBusy ? 'utopia status; then again.' : 'utopia logs --qemu may say more.' },
  );
}
