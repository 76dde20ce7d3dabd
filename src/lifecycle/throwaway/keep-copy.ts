import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { draftPath, syncFolder, writeFileAtomically } from '../../system/atomic-file.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { findPeople } from '../../host/find-people.ts';
import { copyDisk } from '../../image/copy-disk.ts';
import { identifyFile } from '../../image/identity.ts';
import { writeRecord } from '../../image/overlay-record.ts';
import { standOn } from '../../image/qemu-img.ts';
import { chooseScreen } from '../../host/choose-screen.ts';
import { findRunning } from '../../machine/state.ts';
import { isOutOfRoom } from '../../system/out-of-space.ts';
import { removeFlatFolder, type OpenFolder } from '../../system/open-folder.ts';
import { namedFileMode, namedFolderMode } from '../../system/umask.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { stopRunning } from '../watch/stop-escalation.ts';
import { keepingFile, type ThrowawayMachine } from './copy-folder.ts';
import { keptConfig } from './kept-config.ts';
import { keptFolders, type KeepWish } from './kept-names.ts';
import { stopSignal } from './flush-guest.ts';
import type { StartedCopy } from './start-copy.ts';

/** What is kept, and of which machine. */
export interface KeepPlan extends Pick<StartedCopy, 'launched'> {
  readonly wish: KeepWish;
  /** Where it is to be, opened before any guest ran. */
  readonly parent: OpenFolder;
  /** The command that was run. */
  readonly words: readonly string[];
  readonly origin: LocatedMachine;
}

/**
 * Ends a copy's QEMU and makes a machine of its disk: a folder with utopia.config and
 * private.qcow2, which stands on the image alone. The folder gets its name when all of
 * it is on the disk, and none that is there is touched. Gives its absolute path. Throws
 * `disk-full`, `cannot-create`, `interrupted`, and what qemu-img's failures become.
 */
export async function keepCopy(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  plan: KeepPlan,
): Promise<string> {
  const { cwd, reporter } = context;
  const stop = stopSignal(context);
  const folders = [...firstFolders(keptFolders(cwd, plan.wish, plan.origin.config.name))];
  const [wanted = cwd] = folders;
  const { parent } = plan;
  const draft = draftPath(wanted);
  const draftName = basename(draft);
  const display = await reporter.openProgress(globals.quiet || globals.json);
  display.report({ kind: 'moved', title: 'keeping', detail: 'its disk' });
  try {
    stop.throwIfAborted();
    await endOrderly(copy);
    stop.throwIfAborted();
    // Whoever clears this copy away after a SIGKILL clears the draft, too.
    await writeFile(join(copy.paths.stateDir, keepingFile), draft);
    await mkdir(parent.path(draftName), { mode: 0o700 });
    await using held = await parent.enter(draftName);
    await fillDraft(context, copy, plan, held, stop);
    stop.throwIfAborted();
    return await placeFolder(parent, draftName, held, folders);
  } catch (error) {
    if (stop.aborted) throw new UtopiaError('interrupted', 'Interrupted: the copy is not kept.');
    throw describeFailure(error, dirname(wanted));
  } finally {
    display.close();
    await removeFlatFolder(parent, draftName);
  }
}

/** More names than anybody has taken. */
const mostFolders = 1000;

function* firstFolders(folders: Generator<string>): Generator<string> {
  for (let left = mostFolders; left > 0; left -= 1) yield folders.next().value as string;
}

/** QEMU writes its own tables back when it is told to quit. */
async function endOrderly({ paths }: ThrowawayMachine): Promise<void> {
  const running = await findRunning(paths);
  if (running !== undefined) await stopRunning(running, paths, { powerDownMs: 0 });
}

async function fillDraft(
  { now, env, cwd }: LifecycleContext,
  copy: ThrowawayMachine,
  { launched, words, origin }: KeepPlan,
  draft: OpenFolder,
  signal: AbortSignal,
): Promise<void> {
  const { qemu, backing, source } = launched;
  const qemuImg = { imgBinary: qemu.imgBinary, signal };
  const { privateFile } = copy.config;
  // A warm base or a snapshot may be removed at any time, and its disk with it.
  if (source.under.path !== backing.path) await standOn(qemuImg, privateFile, backing);
  const identity = await identifyFile(backing.path);
  const place = draft.path('private.qcow2');
  // Where others are on the host, a screen that nobody has placed is at a private socket here, too.
  const { vnc } = chooseScreen(origin.config, await findPeople(env, cwd));
  const config = keptConfig({ ...origin.config, vnc }, backing.path, words);
  const disk = await open(place, 'wx', 0o600);
  try {
    // Of any size: it must be possible to interrupt. By its number here, since another guest
    // may write to this folder, and put a link in the place of any name.
    await copyDisk(privateFile, `/proc/${process.pid}/fd/${disk.fd}`, signal);
    await writeRecord(place, { path: backing.path, identity }, now());
    await writeFileAtomically(draft.path('utopia.config'), config, { mode: namedFileMode() });
    await chmod(draft.path('.'), namedFolderMode());
    if (!isSame(await disk.stat(), await lstat(place))) throw swapped();
  } finally {
    await disk.close();
  }
}

const isSame = (one: Stats, other: Stats): boolean =>
  one.ino === other.ino && one.dev === other.dev;

function swapped(): UtopiaError {
  return new UtopiaError('cannot-create', 'Somebody put something else in its place meanwhile.');
}

/** Gives the draft the first of these names that is free: made as an empty folder, it cannot be another's. */
async function placeFolder(
  parent: OpenFolder,
  draftName: string,
  draft: OpenFolder,
  folders: readonly string[],
): Promise<string> {
  for (const folder of folders) {
    const place = parent.path(basename(folder));
    try {
      await mkdir(place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    try {
      await rename(parent.path(draftName), place);
    } catch (error) {
      await rmdir(place);
      throw error;
    }
    // By the path that is told: the way to it may lead elsewhere by now.
    if (!isSame(await stat(draft.path('.')), await lstat(folder))) throw swapped();
    await syncFolder(dirname(folder));
    return folder;
  }
  throw new UtopiaError('file-exists', `Every name like ${folders[0]} is taken.`);
}

function describeFailure(error: unknown, folder: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = error instanceof UtopiaError;
  // Neither ours nor the system's: a bug.
  if (!known && (code === undefined || !(error instanceof Error))) return error;
  const full = known ? error.code === 'disk-full' : isOutOfRoom(error);
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    full ? `No room to keep the copy in ${folder}.` : `The copy cannot be kept in ${folder}.`,
    {
      details: known ? [message, ...error.details] : [message],
      hint: full
        ? 'Free some space there, or name a folder with more room: --keep PATH'
        : 'Look at the modes of that folder, or name another one: --keep PATH',
      cause: error,
    },
  );
}
