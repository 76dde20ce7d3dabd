import { constants, type Stats } from 'node:fs';
import { lstat, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeDrafts, writeFileAtomically } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { tryFlock } from '../../system/flock.ts';
import type { RemoteFile } from './resume-fetch.ts';
import { readKnown } from '../../system/json-file.ts';
import { aCount, aText, maybe, object, oneOf, type Shape } from '../../text/shape.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { makeFolder } from '../../system/make-folder.ts';

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

const noteShape: Shape<PartNote> = object({
  schema: oneOf(1),
  url: aText,
  remote: object({
    etag: maybe(aText),
    lastModified: maybe(aText),
    totalBytes: maybe(aCount),
  }),
});

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
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const handle = await takePart(path);
      if (handle !== undefined) return handle;
    }
    throw new Error(`${path} is another one all the time`);
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

/** Others who make and remove it at the same time let it be within some. */
const mostAttempts = 10;

/**
 * Opens the part that is there, or a new one; undefined where it was made or gone meanwhile. A
 * second name is left by a fetch that was killed when it became an image; a link, a pipe or
 * a file of another user's was laid there by somebody, to have it written to or in the image.
 */
async function takePart(path: string): Promise<FileHandle | undefined> {
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !isOurs(there)) {
    await rm(path);
    return undefined;
  }
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const how = there === undefined ? O_CREAT | O_EXCL : O_NOFOLLOW | O_NONBLOCK;
  const handle = await open(path, O_RDWR | how, 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === (there === undefined ? 'EEXIST' : 'ENOENT')) return undefined;
    throw error;
  });
  if (handle === undefined || there === undefined) return handle;
  const opened = await handle.stat();
  if (opened.ino === there.ino && opened.dev === there.dev) return handle;
  await handle.close();
  return undefined;
}

/** A file that only a fetch of this user has written: another's would become part of the image. */
function isOurs(facts: Stats): boolean {
  return facts.isFile() && facts.nlink === 1 && facts.uid === process.geteuid?.();
}

async function isStillThere(handle: FileHandle, path: string): Promise<boolean> {
  const [opened, named] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

async function readNote(path: string): Promise<PartNote | undefined> {
  try {
    if (!isOurs(await lstat(path))) return undefined;
    // One that cannot be read does not say what the part is of, so that nothing can go on from it.
    return await readKnown(path, noteShape);
  } catch {
    return undefined;
  }
}

function imageName(partPath: string): string {
  return basename(partPath).slice(1, -'.part'.length);
}
