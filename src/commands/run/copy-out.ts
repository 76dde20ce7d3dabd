import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { execa } from 'execa';
import type { Context } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { namedFolderMode, underUsersUmask } from '../../umask.ts';
import type { GuestChannel } from './channel.ts';
import { fillIn } from './items.ts';
import { stopSignal } from './settle-guest.ts';
import { takeInto } from './take-output.ts';

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

/**
 * Brings what a command has written back to the host's folder: files replace those of
 * the same name, each in one step, and what else is in a folder stays. Gives the paths
 * that are not there in the guest. Throws `copy-failed`, and the signal's reason.
 */
export async function copyOut(
  context: Context,
  channel: GuestChannel,
  paths: readonly string[],
): Promise<readonly string[]> {
  const { cwd } = context;
  const draft = await mkdtemp(join(cwd, '.utopia-copy-'));
  const stop = stopSignal(context);
  try {
    await unpack(channel, paths, draft, stop, cwd);
    const missing: string[] = [];
    for (const path of paths) {
      const came = await lstat(join(draft, path)).catch(() => undefined);
      if (came === undefined) missing.push(path);
      else await place(draft, cwd, path);
    }
    return missing;
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof UtopiaError) throw error;
    throw copyFailed([error instanceof Error ? error.message : String(error)], error);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Archives are unpacked by the system's tar, which lets no member lead out of its folder. */
async function unpack(
  channel: GuestChannel,
  paths: readonly string[],
  draft: string,
  signal: AbortSignal,
  folder: string,
): Promise<void> {
  const args = ['-x', '-f', '-', '-C', draft, '--no-same-owner', '--no-same-permissions'];
  const tar = underUsersUmask(() =>
    execa('tar', args, { stdin: 'pipe', stdout: 'ignore', reject: false }),
  );
  // One that ends before its input says why with its status.
  tar.stdin.on('error', () => {});
  try {
    const packed = await channel.pack(folder, paths, takeInto(tar.stdin), signal);
    tar.stdin.end();
    const { failed, stderr } = await tar;
    const words = [packed.complaint, stderr]
      .join('\n')
      .split('\n')
      .filter((line) => line !== '');
    if (packed.status !== 0 || failed) throw copyFailed(words.slice(-5));
  } finally {
    tar.kill();
    await tar;
  }
}

/** Moves files and links; makes folders. Sockets and devices stay away. */
async function place(draft: string, folder: string, path: string): Promise<void> {
  await makeFolder(folder, dirname(path));
  const found = await lstat(join(draft, path));
  if (found.isDirectory()) {
    await makeFolder(folder, path);
    for (const name of await readdir(join(draft, path))) {
      await place(draft, folder, join(path, name));
    }
  } else if (found.isFile() || found.isSymbolicLink()) {
    await rename(join(draft, path), join(folder, path));
  }
}

/** A link on the way might lead out of the folder, and the guest may have made it. */
async function makeFolder(folder: string, path: string): Promise<void> {
  if (path === '.') return;
  await makeFolder(folder, dirname(path));
  const there = await lstat(join(folder, path)).catch(() => undefined);
  if (there === undefined) {
    await mkdir(join(folder, path));
    await chmod(join(folder, path), namedFolderMode());
  } else if (!there.isDirectory()) {
    throw copyFailed([`${path} is a folder in the copy, and none here.`]);
  }
}

function copyFailed(details: readonly string[], cause?: unknown): UtopiaError {
  return new UtopiaError('copy-failed', 'What the command has written could not be copied back.', {
    details,
    hint: 'Look at the modes of this folder and the room on its disk.',
    cause,
  });
}
