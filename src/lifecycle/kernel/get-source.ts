import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { fetchFile, fetchText } from '../../image/fetch/fetch-file.ts';
import { shownUrl } from '../../image/fetch/shown-url.ts';
import type { FetchEvent } from '../../image/fetch/types.ts';
import { findSum, latestStable, releaseFiles, type ReleaseServer } from '../../kernel/release.ts';
import { readKernelTree } from '../../kernel/tree.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { isThere } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { cacheRoot } from '../../system/places.ts';
import type { LifecycleContext } from '../context.ts';
import { checkSignature } from './check-signature.ts';
import { alreadyThere, unpackSource } from './unpack-source.ts';

/** Where a source is to come from; paths are absolute. */
export type SourceOrigin =
  /** A release; the newest stable one without a version. */
  | {
      readonly kind: 'release';
      readonly version: string | undefined;
      readonly server: ReleaseServer;
    }
  | { readonly kind: 'archive'; readonly url: URL }
  /** The newest linux-source of Debian in this folder, /usr/src. */
  | { readonly kind: 'debian'; readonly folder: string };

/** A source that was unpacked. */
export interface GotSource {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  /** The address, or the file, that it is of. */
  readonly from: string;
  /** Of the archive; null for a file of this host. */
  readonly sha256: string | null;
  /** Whether that is one that was given, or stands in the list beside the archive. */
  readonly verified: boolean;
  /** What the signature of that list came to, in words; null without a list. */
  readonly signature: string | null;
}

/** How events of a download are shown. */
export type DescribeFetch = (event: FetchEvent) => void;

/** Lists of checksums of a series have 200 KB. */
const mostSumsBytes = 4 * 1024 * 1024;

/**
 * Gets a kernel's source: downloads it, from where an earlier attempt stopped, compares its checksum
 * and unpacks it. `folder`: where to; undefined: below the current one, named as the archive says.
 * Throws what fetchFile and unpackSource throw, and `kernel-unknown`.
 */
export async function getSource(
  context: Pick<LifecycleContext, 'env' | 'cwd' | 'signal'>,
  origin: SourceOrigin,
  { folder, sha256 }: { readonly folder: string | undefined; readonly sha256: string | undefined },
  display: ProgressDisplay,
  describe: DescribeFetch,
): Promise<GotSource> {
  if (folder !== undefined && (await isThere(folder))) throw alreadyThere(folder);
  if (origin.kind === 'debian') {
    const archive = await findDebianSource(origin.folder);
    const path = await unpack(context, archive, folder, display);
    const { version } = await readKernelTree(path);
    return { path, version, from: archive, sha256: null, verified: false, signature: null };
  }
  const { url, sums } = await locate(context, origin);
  const name = basename(url.pathname);
  const usual = join(context.cwd, name.replace(/\.tar\.[gx]z$/, ''));
  if (folder === undefined && (await isThere(usual))) throw alreadyThere(usual);
  const list = sha256 === undefined ? await readSums(context, sums) : undefined;
  const wanted = sha256 ?? (list === undefined ? undefined : findSum(list.text, name));
  if (wanted === undefined && origin.kind === 'release') {
    throw new UtopiaError('kernel-unknown', `${shownUrl(sums)} lists no ${name}.`, {
      hint: 'The releases there are: https://www.kernel.org/pub/linux/kernel/',
    });
  }
  const output = join(cacheRoot(context.env), 'sources', name);
  await makeFolder(dirname(output), { mode: 0o700 });
  // Another server's may have the name; only a checksum tells.
  if (wanted === undefined) await rm(output, { force: true });
  const title = 'download';
  const startedAt = performance.now();
  const fetched = await fetchFile({
    ...{ url, output, sha256: wanted, signal: context.signal, report: describe },
  }).catch(async (error: unknown) => {
    // A whole archive of another checksum, from an earlier attempt, would be met for ever.
    if (error instanceof UtopiaError && error.code === 'checksum-mismatch')
      await rm(output, { force: true });
    throw error;
  });
  const elapsedMs = performance.now() - startedAt;
  display.report({ kind: 'finished', title, detail: name, elapsedMs });
  const path = await unpack(context, output, folder, display).catch(async (error: unknown) => {
    if (error instanceof UtopiaError && error.code === 'kernel-unsuitable') {
      await rm(output, { force: true });
    }
    throw error;
  });
  await rm(output, { force: true });
  const { version } = await readKernelTree(path);
  return {
    ...{ path, version, from: shownUrl(url), sha256: fetched.sha256 },
    verified: wanted !== undefined,
    signature: list?.signature ?? null,
  };
}

async function locate(
  { signal }: Pick<LifecycleContext, 'signal'>,
  origin: Exclude<SourceOrigin, { readonly kind: 'debian' }>,
): Promise<{ readonly url: URL; readonly sums: URL }> {
  if (origin.kind === 'archive') {
    const { url } = origin;
    return { url, sums: new URL('sha256sums.asc', url) };
  }
  let { version } = origin;
  if (version === undefined) {
    const text = await fetchText(origin.server.index, { signal, most: mostSumsBytes });
    if (text === undefined) {
      throw new UtopiaError('download-failed', `There is no ${shownUrl(origin.server.index)}.`, {
        hint: 'Name a version: utopia kernel get 6.12',
      });
    }
    version = latestStable(text);
  }
  const { archive, sums } = releaseFiles(origin.server, version);
  return { url: archive, sums };
}

async function readSums(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  url: URL,
): Promise<{ readonly text: string; readonly signature: string } | undefined> {
  const text = await fetchText(url, { signal, most: mostSumsBytes });
  return text === undefined ? undefined : await checkSignature(text, env, signal);
}

async function findDebianSource(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const found = names
    .filter((name) => /^linux-source-[\d.]+\.tar\.xz$/.test(name))
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
  if (found !== undefined) return join(folder, found);
  throw new UtopiaError('kernel-unknown', `There is no source of Debian's kernel in ${folder}.`, {
    hint: 'sudo apt-get install linux-source',
  });
}

async function unpack(
  { cwd, env, signal }: Pick<LifecycleContext, 'cwd' | 'env' | 'signal'>,
  archive: string,
  folder: string | undefined,
  display: ProgressDisplay,
): Promise<string> {
  const title = 'unpack';
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const { size } = await stat(archive);
  const path = await unpackSource(
    archive,
    { parent: cwd, folder },
    {
      env,
      signal,
      onBytes: (bytes) => display.report({ kind: 'moved', title, fraction: bytes / size }),
    },
  );
  display.report({ kind: 'finished', title, elapsedMs: performance.now() - startedAt });
  return path;
}
