import { constants } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeDrafts, writeFileAtomically } from '../../atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { tryFlock } from '../../flock.ts';
import type { RemoteFile } from './resume.ts';
import { readRegularText } from '../../regular-file.ts';
import { describeUnmade } from '../../no-room.ts';
import { makeFolder } from '../../make-folder.ts';

/**
 * The part of a download that is on the disk, under a hidden name beside the
 * image to be: `.NAME.part`, with what is known of its file in `.NAME.part.json`.
 * Open and locked: two fetches of one image cannot work on it together.
 */
export interface DownloadPart {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes that are there already. */
  readonly bytes: number;
  readonly remote: RemoteFile;
  /** Remembers which file the part belongs to. */
  note(remote: RemoteFile): Promise<void>;
  /** Removes the part and what is remembered. */
  discard(): Promise<void>;
  /** Removes a part without a byte; every other stays. */
  close(): Promise<void>;
}

interface PartNote {
  readonly schema: 1;
  readonly url: string;
  readonly remote: RemoteFile;
}

/**
 * Opens the part of a download, making its folder; `url` as it may be written down. A part of another URL, or
 * one that nothing is known of, is emptied. Throws `image-in-use` when another
 * process works on it, `cannot-create`.
 */
export async function openPart(output: string, url: string): Promise<DownloadPart> {
  const path = join(dirname(output), `.${basename(output)}.part`);
  const notePath = `${path}.json`;
  const handle = await openLocked(path);
  try {
    await removeDrafts(notePath);
    const note = await readNote(notePath);
    const usable = note?.url === url;
    if (!usable) {
      await handle.truncate(0);
      // One of an older version has its address as it was typed.
      await rm(notePath, { force: true });
    }
    return {
      path,
      handle,
      bytes: (await handle.stat()).size,
      remote: usable ? note.remote : {},
      note: async (remote) => {
        const next: PartNote = { schema: 1, url, remote };
        await writeFileAtomically(notePath, `${JSON.stringify(next, undefined, 2)}\n`);
      },
      discard: async () => {
        await rm(notePath, { force: true });
        await rm(path, { force: true });
      },
      close: async () => {
        // Nothing came: there is nothing to go on from.
        if ((await handle.stat()).size === 0) {
          await rm(notePath, { force: true });
          await rm(path, { force: true });
        }
        await handle.close();
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openLocked(path: string): Promise<FileHandle> {
  const handle = await openFile(path);
  try {
    const mine = await tryFlock(handle.fd);
    // Whoever held it may have finished and renamed it meanwhile: then this is no part any more.
    if (mine && (await isStillThere(handle, path))) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  throw new UtopiaError('image-in-use', `Another process is fetching ${imageName(path)}.`, {
    hint: 'Wait for it, or give this one another name with -o.',
  });
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    // A part with a second name became an image in a fetch that was killed right then.
    if (((await stat(path).catch(() => undefined))?.nlink ?? 1) > 1) await rm(path);
    // Neither r+ (the file must exist) nor w+ (it is emptied): read, write, make it when missing.
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    const folder = dirname(path);
    throw describeUnmade(
      `Cannot write into ${folder}`,
      folder,
      error,
      'Name another place with -o.',
    );
  }
}

async function isStillThere(handle: FileHandle, path: string): Promise<boolean> {
  const [opened, named] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

async function readNote(path: string): Promise<PartNote | undefined> {
  try {
    const note = JSON.parse(await readRegularText(path)) as Partial<PartNote>;
    return note.schema === 1 && note.remote !== undefined ? (note as PartNote) : undefined;
  } catch {
    return undefined;
  }
}

function imageName(partPath: string): string {
  return basename(partPath).slice(1, -'.part'.length);
}
