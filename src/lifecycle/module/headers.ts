import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import type { ExtFiles } from '../../image/ext/ext-files.ts';
import { UnreadableVolume } from '../../image/ext/volume.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { cacheRoot } from '../../system/places.ts';
import { aText, object, oneOf, type Shaped } from '../../text/shape.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findKeptFolder, keepFolder, type KeptFolder, type KeptFolders } from './kept-folders.ts';
import { TooMuchTaken } from './take-files.ts';
import { takeHeaders } from './take-headers.ts';
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
const recordShape = object({ schema: oneOf(1), version: aText, build: aText });
type HeadersRecord = Shaped<typeof recordShape>;

/** `$XDG_CACHE_HOME/utopia/headers`: a folder for each of eight kernels. */
function keptHeaders(env: Environment): KeptFolders<HeadersRecord> {
  const parent = join(cacheRoot(env), 'headers');
  return { parent, most: 8, recordName: 'headers.json', shape: recordShape };
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
    const folders = keptHeaders(env);
    const name = `${version}-${key.slice(0, 12)}`;
    const kept = await findKeptFolder(folders, name);
    if (kept !== undefined) return headersIn(kept);
    const title = 'headers';
    display.report({ kind: 'started', title });
    const startedAt = performance.now();
    const record = { schema: 1, version, build: place.path } as const;
    const fill = async (root: string): Promise<void> =>
      await takeHeaders(system, place.path, root, signal);
    const made = await keepFolder(folders, name, { record, fill, signal });
    const elapsedMs = performance.now() - startedAt;
    const detail = `of ${version} taken out of ${where}`;
    display.report({ kind: 'finished', title, detail, elapsedMs });
    return headersIn(made);
  } catch (error) {
    signal.throwIfAborted();
    const why =
      error instanceof UnreadableVolume || error instanceof TooMuchTaken
        ? error.message
        : error instanceof RangeError
          ? `is damaged (${error.message})`
          : undefined;
    if (why === undefined) throw error;
    throw new UtopiaError(
      'kernel-unsuitable',
      `The headers of ${version} cannot be taken out of ${where}: it ${
        error instanceof TooMuchTaken ? 'has ' : ''
      }${why}.`,
      { hint: 'Build the module in the guest: utopia run --rw -- make' },
    );
  }
}

function headersIn({ root, record }: KeptFolder<HeadersRecord>): KernelHeaders {
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

function noHeaders(version: string, where: string): UtopiaError {
  return new UtopiaError('kernel-unsuitable', `The headers of ${version} are not in ${where}.`, {
    details: [`It has no /lib/modules/${version}/build that leads to a folder with them.`],
    hint: `In the machine: apt-get install linux-headers-${version}, then utopia down. An image of profile lab has them: utopia image build`,
  });
}
