import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { cacheRoot } from '../system/places.ts';
import { namedFileMode } from '../system/umask.ts';
import { findFileUsers } from './file-users.ts';
import { imageRecordPath, readImageRecord, type ImageRecord } from './image-record.ts';

/** An image in the store. */
export interface StoredImage {
  /** File name without its ending. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** What the guest sees, and what the file takes on disk. */
  readonly bytes: number;
  readonly allocatedBytes: number;
  readonly modifiedAt: Date;
  /** Undefined for an image that utopia did not build. */
  readonly record: ImageRecord | undefined;
}

/** `$XDG_CACHE_HOME/utopia/images`. */
export function imageFolder(env: Environment): string {
  return join(cacheRoot(env), 'images');
}

/**
 * Mode of a finished image, which nobody writes to: in the store the user's alone,
 * under the name behind -o, perhaps for a whole course, as the user's umask says.
 */
export function imageMode(output: string | undefined): number {
  return output === undefined ? 0o400 : namedFileMode() & 0o444;
}

/** The store's images by name; empty when there is no store yet. */
export async function listImages(env: Environment): Promise<readonly StoredImage[]> {
  const folder = imageFolder(env);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const images: StoredImage[] = [];
  for (const file of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    const name = /^([^.].*)\.(raw|qcow2)$/.exec(file)?.[1];
    if (name === undefined) continue;
    const path = join(folder, file);
    const status = await stat(path);
    images.push({
      name,
      path,
      bytes: status.size,
      allocatedBytes: status.blocks * 512,
      modifiedAt: status.mtime,
      record: await readImageRecord(path),
    });
  }
  return images;
}

/** The image of that name or file name. Throws `image-missing`, with the names there are. */
export async function findImage(env: Environment, name: string): Promise<StoredImage> {
  const images = await listImages(env);
  const image = images.find((each) => each.name === name || each.path.endsWith(`/${name}`));
  if (image !== undefined) return image;
  throw new UtopiaError('image-missing', `There is no image "${name}" in ${imageFolder(env)}.`, {
    hint:
      images.length === 0
        ? 'The store is empty: utopia image build'
        : `It has: ${images.map((each) => each.name).join(', ')}`,
  });
}

/**
 * Removes an image and its record. Throws `image-in-use` while a process has it
 * open. An overlay that stands on it cannot be known here when no machine runs.
 */
export async function removeImage(image: StoredImage): Promise<void> {
  const users = await findFileUsers(image.path);
  if (users.length > 0) {
    const names = users.map((user) => `${user.program}, pid ${user.pid}`);
    throw new UtopiaError(
      'image-in-use',
      `The image ${image.name} is in use (${names.join('; ')}): a machine would lose its disk.`,
      { hint: 'utopia down      in the folder of the machine that runs on it' },
    );
  }
  await rm(image.path);
  await rm(imageRecordPath(image.path), { force: true });
}
