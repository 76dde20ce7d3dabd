import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import type { ExtFiles } from '../../image/ext/files.ts';
import { UnreadableVolume } from '../../image/ext/volume.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { readKnown } from '../../system/json-file.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { cacheRoot } from '../../system/places.ts';
import { aText, object, oneOf } from '../../text/shape.ts';
import type { LifecycleContext } from '../context.ts';
import { takeHeaders, TooManyHeaders } from './take-headers.ts';
import type { TargetKernel } from './target-kernel.ts';

/** What a module is built against, on this host. */
export interface KernelHeaders {
  /** Where make is run (-C); absolute. */
  readonly build: string;
  /** Folders of this host that a build reads; absolute. */
  readonly folders: readonly string[];
  readonly version: string;
}

/** Told apart by these, which every kernel's headers have: they differ where anything of the kernel does. */
const keyFiles = [
  'Makefile',
  'Module.symvers',
  'include/config/auto.conf',
  'include/generated/autoconf.h',
  'include/generated/utsrelease.h',
] as const;
const mostKeyBytes = 64 * 2 ** 20;
/** Headers of so many kernels are kept; those that were not used for the longest time go. */
const mostKept = 8;
/** Beside `root/` in each folder of the cache. */
const recordName = 'headers.json';
const recordShape = object({ schema: oneOf(1), version: aText, build: aText });

/** `$XDG_CACHE_HOME/utopia/headers`: a folder for each kernel's. */
export function headersFolder(env: Environment): string {
  return join(cacheRoot(env), 'headers');
}

/**
 * The headers of a kernel: the objects of a build of one's own, or what the disk has, taken out of
 * it once. Throws `kernel-unsuitable` where there are none, and `cannot-create`.
 */
export async function findHeaders(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  target: TargetKernel,
  display: ProgressDisplay,
): Promise<KernelHeaders> {
  const { version } = target;
  if (target.from === 'build') {
    const { source, out } = target.build;
    return { version, build: out, folders: source === out ? [out] : [source, out] };
  }
  const { system } = target.disk;
  const where = target.from === 'image' ? "the machine's image" : "the machine's disk";
  try {
    const place = await system?.locate(`/lib/modules/${version}/build`);
    if (system === undefined || place?.kind !== 'folder') throw noHeaders(version, where);
    const key = await keyOf(system, place.path, version);
    if (key === undefined) throw noHeaders(version, where);
    const folder = join(headersFolder(env), `${version}-${key.slice(0, 12)}`);
    const kept = await readKept(folder);
    if (kept !== undefined) {
      await utimes(folder, new Date(), new Date()).catch(() => {});
      return kept;
    }
    const title = 'headers';
    display.report({ kind: 'started', title });
    const startedAt = performance.now();
    await keep(env, folder, version, place.path, async (root) => {
      await takeHeaders(system, place.path, root, signal);
    });
    const elapsedMs = performance.now() - startedAt;
    const detail = `of ${version} taken out of ${where}`;
    display.report({ kind: 'finished', title, detail, elapsedMs });
    const made = await readKept(folder);
    if (made === undefined) throw new Error(`${folder} was removed meanwhile`);
    return made;
  } catch (error) {
    signal.throwIfAborted();
    const why =
      error instanceof UnreadableVolume || error instanceof TooManyHeaders
        ? error.message
        : error instanceof RangeError
          ? `is damaged (${error.message})`
          : undefined;
    if (why === undefined) throw error;
    throw new UtopiaError(
      'kernel-unsuitable',
      `The headers of ${version} cannot be taken out of ${where}: it ${
        error instanceof TooManyHeaders ? 'has ' : ''
      }${why}.`,
      { hint: 'Build the module in the guest: utopia run --rw -- make' },
    );
  }
}

async function readKept(folder: string): Promise<KernelHeaders | undefined> {
  const record = await readKnown(join(folder, recordName), recordShape);
  if (record === undefined) return undefined;
  const root = join(folder, 'root');
  return { version: record.version, build: join(root, record.build), folders: [root] };
}

/** SHA-256 over what tells headers apart; undefined where the folder has no headers. */
async function keyOf(files: ExtFiles, build: string, version: string): Promise<string | undefined> {
  const hash = createHash('sha256').update(JSON.stringify([version, build]));
  for (const name of keyFiles) {
    const file = await files.find(`${build}/${name}`);
    // Without it, kbuild says that the headers are not prepared.
    if (file === undefined && name === 'include/config/auto.conf') return undefined;
    hash.update(`${name} ${file?.bytes ?? 'none'}\n`);
    if (file === undefined || file.bytes > mostKeyBytes) continue;
    for await (const piece of file.read()) hash.update(piece);
  }
  return hash.digest('hex');
}

/** Makes a folder of the cache: a draft that gets its name once it is whole. */
async function keep(
  env: Environment,
  folder: string,
  version: string,
  build: string,
  fill: (root: string) => Promise<void>,
): Promise<void> {
  const draft = draftPath(folder);
  try {
    await makeFolder(headersFolder(env), { mode: 0o700 });
    await removeDrafts(folder);
    await mkdir(draft, { mode: 0o700 });
    const root = join(draft, 'root');
    await mkdir(root, { mode: 0o755 });
    await fill(root);
    const record = { schema: 1, version, build };
    await writeFile(join(draft, recordName), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      // Another utopia has just made the same one.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    await prune(env);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function prune(env: Environment): Promise<void> {
  const parent = headersFolder(env);
  const names = (await readdir(parent)).filter((name) => !name.startsWith('.'));
  const all = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(parent, name)).catch(() => undefined);
      return { name, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  const old = all.toSorted((one, other) => other.usedAt - one.usedAt).slice(mostKept);
  for (const { name } of old) await rm(join(parent, name), { recursive: true, force: true });
}

function noHeaders(version: string, where: string): UtopiaError {
  return new UtopiaError('kernel-unsuitable', `The headers of ${version} are not in ${where}.`, {
    details: [`It has no /lib/modules/${version}/build that leads to a folder with them.`],
    hint: `In the machine: apt-get install linux-headers-${version}, then utopia down. An image of profile lab has them: utopia image build`,
  });
}
