import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../system/atomic-file.ts';
import type { Environment } from '../environment.ts';
import { cacheRoot } from '../system/places.ts';
import { readKnown } from '../system/json-file.ts';
import {
  aCount,
  aFlag,
  aText,
  aTime,
  listOf,
  maybe,
  object,
  oneOf,
  type Shaped,
} from '../text/shape.ts';
import { makeFolder } from '../system/make-folder.ts';

const manifestShape = object({
  schema: oneOf(1),
  /** The image's absolute path. */
  image: aText,
  /** QEMU's versioned name, `pc-i440fx-7.2`. */
  machineType: aText,
  qemuVersion: aText,
  accelerator: aText,
  memoryMiB: aCount,
  cpus: aCount,
  /** Shares that were mounted in the guest, and taken away to save it. */
  mounts: maybe(listOf(object({ source: aText, target: aText, options: aText }))),
  /** Kinds of the guest's SSH host keys, `ed25519`: each machine that goes on gets its own. */
  hostKeys: maybe(listOf(aText)),
  /**
   * Its sshd waits for the agent to write its host keys: nobody is answered before a
   * machine has its own.
   */
  sshdAwaitsKeys: maybe(aFlag),
  /** The devices that the guest sees, as a saved state names them. */
  hardware: maybe(listOf(aText)),
  /** Absent in a base of the first: see hardware-generation.ts. */
  hardwareGeneration: maybe(aCount),
  /** ISO 8601. */
  madeAt: aTime,
});

/** What a warm base is of. */
export type WarmBaseManifest = Shaped<typeof manifestShape>;

/** A booted machine in the store: its memory, and what its boot wrote to the disk. */
export interface WarmBase {
  /** Hash of all that it depends on. */
  readonly key: string;
  readonly folder: string;
  /** qcow2 over the image; never written to. */
  readonly disk: string;
  /** Devices without the memory. */
  readonly state: string;
  /** The memory as it is in the guest, holes where it is empty; machines have it mapped. */
  readonly memory: string;
  readonly manifest: WarmBaseManifest;
  /** On disk. */
  readonly bytes: number;
}

/** `$XDG_CACHE_HOME/utopia/warm`. */
export function warmFolder(env: Environment): string {
  return join(cacheRoot(env), 'warm');
}

/** Names of a base's files in its folder. */
export const warmFiles = {
  disk: 'disk.qcow2',
  state: 'state',
  memory: 'memory',
  manifest: 'base.json',
} as const;

/** The base with this key; undefined when there is none, or none that is whole. */
export async function findWarmBase(env: Environment, key: string): Promise<WarmBase | undefined> {
  const folder = join(warmFolder(env), key);
  const disk = join(folder, warmFiles.disk);
  const state = join(folder, warmFiles.state);
  const memory = join(folder, warmFiles.memory);
  try {
    const manifest = await readKnown(join(folder, warmFiles.manifest), manifestShape);
    if (manifest === undefined) return undefined;
    const files = await Promise.all([disk, state, memory].map((file) => stat(file)));
    const bytes = files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
    return { key, folder, disk, state, memory, manifest, bytes };
  } catch {
    return undefined;
  }
}

/** All bases in the store, the newest first. */
export async function listWarmBases(env: Environment): Promise<WarmBase[]> {
  const names = await readdir(warmFolder(env)).catch(() => []);
  const found = await Promise.all(names.map((name) => findWarmBase(env, name)));
  return found
    .filter((base) => base !== undefined)
    .toSorted((a, b) => b.manifest.madeAt.localeCompare(a.manifest.madeAt));
}

const draftPrefix = '.draft-';

/** A new folder in the store for a base in the making; those of killed makers go, and what no version since could use. */
export async function draftWarmBase(env: Environment): Promise<string> {
  const folder = warmFolder(env);
  await makeFolder(folder, { mode: 0o700 });
  for (const name of await readdir(folder)) {
    const pid = new RegExp(`^\\${draftPrefix}(\\d+)-`).exec(name)?.[1];
    const wanted =
      pid === undefined ? (await findWarmBase(env, name)) !== undefined : await isRunning(pid);
    if (wanted) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
  return await mkdtemp(join(folder, `${draftPrefix}${process.pid}-`));
}

async function isRunning(pid: string): Promise<boolean> {
  return await stat(`/proc/${pid}`).then(
    () => true,
    () => false,
  );
}

/** Makes a draft with both its files a base, in one step; one that is there is replaced. */
export async function placeWarmBase(
  env: Environment,
  draft: string,
  key: string,
  manifest: WarmBaseManifest,
): Promise<void> {
  await writeFileAtomically(join(draft, warmFiles.manifest), `${JSON.stringify(manifest)}\n`);
  const folder = join(warmFolder(env), key);
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

/** Removes a base. Machines that were started from it have its files open, and go on. */
export async function removeWarmBase({ folder }: WarmBase): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Removes the bases of one image (absolute path), of all without one. Gives those that are gone. */
export async function removeWarmBases(
  env: Environment,
  image: string | undefined,
): Promise<WarmBase[]> {
  const bases = await listWarmBases(env);
  const chosen = bases.filter(({ manifest }) => image === undefined || manifest.image === image);
  for (const base of chosen) await removeWarmBase(base);
  return chosen;
}
