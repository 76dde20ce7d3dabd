import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
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

/** Makes a folder: a draft that gets its name once it is whole. Throws what `fill` throws. */
export async function keepFolder<Record extends object>(
  folders: KeptFolders<Record>,
  name: string,
  record: Record,
  fill: (root: string) => Promise<void>,
): Promise<KeptFolder<Record>> {
  const { parent, recordName } = folders;
  const folder = join(parent, name);
  const draft = draftPath(folder);
  try {
    await makeFolder(parent, { mode: 0o700 });
    await removeDrafts(folder);
    await mkdir(draft, { mode: 0o700 });
    const root = join(draft, 'root');
    await mkdir(root, { mode: 0o755 });
    await fill(root);
    await writeFile(join(draft, recordName), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      // Another utopia has just made the same one.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
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
  const old = all.toSorted((one, other) => other.usedAt - one.usedAt).slice(most);
  for (const { name } of old) await rm(join(parent, name), { recursive: true, force: true });
}
