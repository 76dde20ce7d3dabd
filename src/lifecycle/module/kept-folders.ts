import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { waitForFlock } from '../../system/flock.ts';
import { readKnown } from '../../system/json-file.ts';
import { makeFolder } from '../../system/make-folder.ts';
import type { Shape } from '../../text/shape.ts';

/** Folders of a cache, each with a record and a `root/` that was taken out of an image. */
export interface KeptFolders<Record extends object> {
  /** Absolute. */
  readonly parent: string;
  /** Those that were not used for the longest time go. */
  readonly most: number;
  /** Name of the record, beside `root/`. */
  readonly recordName: string;
  readonly shape: Shape<Record>;
}

/** A build that began to use a folder less than this ago may still do so. */
const busyMs = 60 * 60_000;

/** A folder that is there, whole. */
export interface KeptFolder<Record> {
  /** Absolute path of its `root/`. */
  readonly root: string;
  readonly record: Record;
}

/** The folder of this name, which counts as used from now; undefined where it is not there. */
export async function findKeptFolder<Record extends object>(
  { parent, recordName, shape }: KeptFolders<Record>,
  name: string,
): Promise<KeptFolder<Record> | undefined> {
  const folder = join(parent, name);
  const record = await readKnown(join(folder, recordName), shape);
  if (record === undefined) return undefined;
  await utimes(folder, new Date(), new Date()).catch(() => {});
  return { root: join(folder, 'root'), record };
}

/** What a folder is made of, and how. */
export interface FolderContents<Record> {
  readonly record: Record;
  /** Fills its `root/`, which is there and empty. */
  readonly fill: (root: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * The folder of this name: made where it is not there, a draft that gets its name once it is
 * whole. Another utopia that makes one is waited for: a folder that is there may be in use, and
 * stays. Throws what `fill` throws.
 */
export async function keepFolder<Record extends object>(
  folders: KeptFolders<Record>,
  name: string,
  { record, fill, signal }: FolderContents<Record>,
): Promise<KeptFolder<Record>> {
  const { parent, recordName } = folders;
  const folder = join(parent, name);
  const draft = draftPath(folder);
  await makeFolder(parent, { mode: 0o700 });
  await using lock = await open(join(parent, '.lock'), 'a', 0o600);
  await waitForFlock(lock.fd, { waitMs: Number.POSITIVE_INFINITY, signal });
  const there = await findKeptFolder(folders, name);
  if (there !== undefined) return there;
  try {
    await removeDrafts(folder);
    await mkdir(draft, { mode: 0o700 });
    const root = join(draft, 'root');
    await mkdir(root, { mode: 0o755 });
    await fill(root);
    await writeFile(join(draft, recordName), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    // One without its record is none.
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    await prune(folders);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const made = await findKeptFolder(folders, name);
  if (made === undefined) throw new Error(`${folder} was removed meanwhile`);
  return made;
}

async function prune<Record extends object>({ parent, most }: KeptFolders<Record>): Promise<void> {
  const names = (await readdir(parent)).filter((name) => !name.startsWith('.'));
  const all = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(parent, name)).catch(() => undefined);
      return { name, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  const old = all
    .toSorted((one, other) => other.usedAt - one.usedAt)
    .slice(most)
    .filter(({ usedAt }) => usedAt < Date.now() - busyMs);
  for (const { name } of old) await rm(join(parent, name), { recursive: true, force: true });
}
