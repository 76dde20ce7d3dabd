import { mkdir, rm } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openDeadline } from '../../system/deadline.ts';
import { UtopiaError, messageOf } from '../../errors.ts';
import { isOutOfRoom, reasonOf } from '../../system/out-of-space.ts';
import { openFolder } from '../../system/open-folder.ts';
import { mostDepth, mostMembers, type LeftOut } from './archive-tree.ts';
import type { GuestChannel } from './channel.ts';
import { fillIn } from '../../text/fill-in.ts';
import { Mismatch, placeNode } from './place-files.ts';
import { stopSignal } from './flush-guest.ts';
import { draftFile, unpackArchive } from './unpack.ts';

/**
 * The paths of --copy-out as they are named below the folder. Throws `usage` for one
 * that leads out of it, or is the folder itself. Pure.
 */
export function copyOutPaths(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const normal = normalize(path).replace(/\/+$/, '');
    const outside = isAbsolute(normal) || normal === '..' || normal.startsWith('../');
    if (path !== '' && !outside && normal !== '.') return normal;
    throw new UtopiaError('usage', `--copy-out ${JSON.stringify(path)} is not below this folder.`, {
      hint: 'Name files or folders in it, as in --copy-out results.txt',
    });
  });
}

/**
 * Throws `usage` where one of several runs would write to the path of another, or to
 * one out of the folder, before anything is started. Pure.
 */
export function checkCopyOut({
  each,
  copyOut: paths,
}: {
  readonly each: readonly string[];
  readonly copyOut: readonly string[];
}): void {
  const common = each.length > 0 ? paths.find((path) => !path.includes('{}')) : undefined;
  if (common !== undefined) {
    throw new UtopiaError('usage', `With --each, every run would write to ${common}.`, {
      hint: `Name the path of each run with {}, as in --copy-out {}/${common}`,
    });
  }
  for (const item of each) copyOutPaths(paths.map((path) => fillIn(path, item)));
}

/** What is asked of a guest, and how much of it. */
export interface CopyOutRequest {
  readonly paths: readonly string[];
  /** A folder that no guest can reach and whose files go when this process is killed; it is made. */
  readonly draft: string;
  /** Of all files together. */
  readonly maxBytes: number;
  /** Until all is there; for the guest, and for the way. */
  readonly timeoutMs: number;
  /** Rejects when the guest is gone; nobody need wait for it. */
  readonly lost: Promise<never>;
}

/** What came back. */
export interface CopiedOut {
  /** Paths that are not there in the guest. */
  readonly missing: readonly string[];
  /** What is there, and stays there: links that lead out, devices. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Brings what a command has written back to the host's folder: files replace those of
 * the same name, each in one step, and what else is in a folder stays. The archive comes
 * from the guest's tar, which may be anybody's: it is read within bounds, and nothing in it
 * leads anywhere. Throws `copy-failed` for what the guest did, `guest-lost`, `disk-full` and
 * `cannot-create` for this host's troubles, and the signal's reason.
 */
export async function copyOut(
  context: LifecycleContext,
  channel: GuestChannel,
  { paths, draft, maxBytes, timeoutMs, lost }: CopyOutRequest,
): Promise<CopiedOut> {
  const { cwd } = context;
  const stop = stopSignal(context);
  const deadline = openDeadline(timeoutMs, stop);
  await mkdir(draft, { mode: 0o700 });
  const bounds = { bytes: maxBytes, members: mostMembers, depth: mostDepth };
  const unpacking = unpackArchive(draft, paths, bounds);
  try {
    const packed = channel.pack(cwd, paths, unpacking.take, deadline.signal);
    packed.catch(() => {});
    const { status, complaint } = await Promise.race([packed, lost, rejectOn(deadline.signal)]);
    if (status !== 0) {
      const words = complaint.split('\n').filter((line) => line !== '');
      throw copyFailed(words.slice(-5));
    }
    const tree = await unpacking.finish();
    await using folder = await openFolder(cwd);
    const missing: string[] = [];
    for (const path of paths) {
      deadline.signal.throwIfAborted();
      const node = tree.find(path);
      if (node === undefined) missing.push(path);
      else {
        await placeNode(folder, path.split('/'), node, (number) => draftFile(draft, number));
      }
    }
    return { missing, leftOut: tree.leftOut };
  } catch (error) {
    stop.throwIfAborted();
    throw explain(error, deadline.passed() ? timeoutMs : undefined, maxBytes);
  } finally {
    deadline.stop();
    await unpacking.close();
    await rm(draft, { recursive: true, force: true });
  }
}

async function rejectOn(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const tell = (): void => reject(signal.reason as Error);
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });
}

function explain(error: unknown, lateMs: number | undefined, maxBytes: number): unknown {
  if (lateMs !== undefined) {
    return copyFailed([`The guest has not handed it over within ${lateMs / 1000} s.`], error);
  }
  if (error instanceof UtopiaError) return error;
  const words = messageOf(error);
  if (error instanceof RangeError) {
    const more = words === `more than ${maxBytes} bytes`;
    return copyFailed(
      [more ? `It is larger than ${maxBytes} bytes.` : `The guest’s tar sent ${words}.`],
      error,
      more ? 'utopia run --max-copy-out SIZE lets more in, as in 4G.' : undefined,
    );
  }
  if (error instanceof Mismatch) return copyFailed([words], error);
  const { code } = error as NodeJS.ErrnoException;
  // Neither ours nor the system's: a bug.
  if (code === undefined) return error;
  const full = isOutOfRoom(error);
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    full
      ? 'There is no room for what is to be copied back.'
      : 'What the command has written cannot be put here.',
    {
      details: [reasonOf(error)],
      hint: 'Look at the modes of this folder and the room on its disk.',
      cause: error,
    },
  );
}

function copyFailed(
  details: readonly string[],
  cause?: unknown,
  hint = 'The command, or its guest, is the reason: look at what it made of these paths.',
): UtopiaError {
  return new UtopiaError('copy-failed', 'What the command has written could not be copied back.', {
    details,
    hint,
    cause,
  });
}
