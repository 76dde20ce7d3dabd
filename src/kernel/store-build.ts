import { lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { draftPath, removeDrafts, syncFolder, writeFileAtomically } from '../system/atomic-file.ts';
import { makeFolder } from '../system/make-folder.ts';
import { buildFiles, kernelFolder, type BuildRecord, type KernelBuild } from './build-store.ts';

/** Files of a build beside those that a machine is started from. */
export const sideFiles = {
  /** All that make said. */
  log: 'build.log',
  /** What the modules of `modules.ext4` were. */
  modulesKey: 'modules.key',
} as const;

/** A new private folder for a build in the making; those of killed makers go. */
export async function draftBuild(env: Environment, name: string): Promise<string> {
  const folder = kernelFolder(env);
  await makeFolder(folder, { mode: 0o700 });
  const path = join(folder, name);
  await removeDrafts(path);
  const draft = draftPath(path);
  await mkdir(draft, { mode: 0o700 });
  return draft;
}

/**
 * Makes a draft's files the build of that name. Each takes its place by a rename: a machine that
 * runs keeps the one that it has open. There is no build of that name in between, so that no
 * reader gets files of two. `keepModules`: modules of before stay.
 */
export async function placeBuild(
  env: Environment,
  draft: string,
  record: Omit<BuildRecord, 'schema' | 'bytes'>,
  { keepModules }: { readonly keepModules: boolean },
): Promise<void> {
  const folder = join(kernelFolder(env), record.name);
  await makeFolder(folder, { mode: 0o700 });
  const note = join(folder, buildFiles.record);
  for (const name of await readdir(draft)) await syncFile(join(draft, name));
  await rm(note, { force: true });
  const { image, config, systemMap, modules } = buildFiles;
  const kept = keepModules ? [] : [modules, sideFiles.modulesKey];
  for (const name of [image, config, systemMap, sideFiles.log, ...kept]) {
    await rename(join(draft, name), join(folder, name)).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await rm(join(folder, name), { force: true });
    });
  }
  const files = await Promise.all((await readdir(folder)).map((name) => lstat(join(folder, name))));
  const bytes = files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
  const whole = { schema: 1, ...record, bytes };
  await writeFileAtomically(note, `${JSON.stringify(whole, undefined, 2)}\n`);
  await syncFolder(folder);
}

/** Copied with the modes of what make has made, which is the user's: here it is private. */
async function syncFile(path: string): Promise<void> {
  if (!(await stat(path)).isFile()) return;
  await using file = await open(path, 'r');
  await file.chmod(0o600);
  await file.sync();
}

/** Removes a build: its record first, so that none is left that lacks its files. */
export async function removeBuild({ folder }: Pick<KernelBuild, 'folder'>): Promise<void> {
  await rm(join(folder, buildFiles.record), { force: true });
  await rm(folder, { recursive: true, force: true });
}
