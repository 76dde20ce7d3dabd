import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { fetchText } from '../../image/fetch/fetch-file.ts';
import { shownUrl } from '../../image/fetch/shown-url.ts';
import {
  findSum,
  latestStable,
  releaseFiles,
  type ReleaseServer,
} from '../../kernel/kernel-release.ts';
import { readKernelTree } from '../../kernel/kernel-tree.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { checkSignature, type SignedText } from '../source/check-signature.ts';
import {
  fetchSource,
  requireNoFolder,
  unpackArchive,
  usualFolder,
  type GotSource,
  type SourceContext,
} from '../source/fetch-source.ts';
import type { SourceKind } from '../source/unpack-source.ts';

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

/** Lists of checksums of a series have 200 KB. */
const mostSumsBytes = 4 * 1024 * 1024;

const linux: SourceKind = {
  name: 'linux',
  needs: '1.6 GB',
  hint: 'Take a release of Linux as kernel.org has it: utopia kernel get',
  check: readKernelTree,
};

/**
 * Gets a kernel's source: downloads it, from where an earlier attempt stopped, compares its checksum
 * and unpacks it. `folder`: where to; undefined: below the current one, named as the archive says.
 * Throws what fetchSource throws, and `kernel-unknown`.
 */
export async function getSource(
  context: SourceContext,
  origin: SourceOrigin,
  { folder, sha256 }: { readonly folder: string | undefined; readonly sha256: string | undefined },
  display: ProgressDisplay,
): Promise<GotSource> {
  if (folder !== undefined) await requireNoFolder(folder);
  if (origin.kind === 'debian') {
    const archive = await findDebianSource(origin.folder);
    const path = await unpackArchive(context, archive, folder, linux, display);
    const { version } = await readKernelTree(path);
    return { path, version, from: archive, sha256: null, verified: false, signature: null };
  }
  const { url, sums } = await locate(context, origin);
  if (folder === undefined) await requireNoFolder(usualFolder(context, url));
  const name = basename(url.pathname);
  const list = sha256 === undefined ? await readSums(context, sums) : undefined;
  const wanted = sha256 ?? (list === undefined ? undefined : findSum(list.text, name));
  if (wanted === undefined && origin.kind === 'release') {
    throw new UtopiaError('kernel-unknown', `${shownUrl(sums)} lists no ${name}.`, {
      hint: 'The releases there are: https://www.kernel.org/pub/linux/kernel/',
    });
  }
  const request = { url, folder, sha256: wanted };
  const fetched = await fetchSource(context, request, linux, lookAtNothing, display);
  const { version } = await readKernelTree(fetched.path);
  return {
    ...{ path: fetched.path, version, from: shownUrl(url), sha256: fetched.sha256 },
    verified: wanted !== undefined,
    signature: list?.signature ?? null,
  };
}

/** The checksum has told all. */
async function lookAtNothing(): Promise<void> {}

async function locate(
  { signal }: SourceContext,
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

async function readSums({ env, signal }: SourceContext, url: URL): Promise<SignedText | undefined> {
  const text = await fetchText(url, { signal, most: mostSumsBytes });
  if (text === undefined) return undefined;
  return await checkSignature(text, 'gpg --locate-keys autosigner@kernel.org', { env, signal });
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
