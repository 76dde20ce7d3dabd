import { resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { parseImageUrl } from '../../image/fetch/image-names.ts';
import { readVersion, releaseServer } from '../../kernel/kernel-release.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { archiveName } from '../source/fetch-source.ts';
import { findClone, findKernelClone, type KernelClone } from './find-clone.ts';
import type { SourceOrigin } from './get-source.ts';

/** What was typed to name a kernel's source. */
export interface WantedKernel {
  /** A version, a URL, `debian`, a tag of a clone, or nothing for the newest stable release. */
  readonly what: string | undefined;
  /** The address of a mirror, or the folder of a clone, relative to the current one. */
  readonly from: string | undefined;
  readonly sha256: string | undefined;
  /** Fetch a tag that the clone has not, without a question. */
  readonly fetch: boolean;
}

/**
 * The clone that `what` is a tag of: the one behind --from, else that of the current folder, where
 * it is of a kernel; undefined where a release or an archive is meant. Throws `usage`.
 */
export async function findTagsClone(
  context: Pick<LifecycleContext, 'cwd' | 'env' | 'signal'>,
  { what, from, sha256, fetch }: WantedKernel,
): Promise<KernelClone | undefined> {
  const { cwd } = context;
  const isTag = what !== undefined && what !== 'debian' && !what.includes('://');
  if (from !== undefined && !from.includes('://')) {
    const clone = await findClone(context, resolve(cwd, from));
    if (clone === undefined) {
      throw new UtopiaError('usage', `--from ${from}: no URL of a mirror, and no clone.`, {
        hint: 'As in: --from ~/linux, or --from https://www.kernel.org/pub/linux/kernel/',
      });
    }
    if (isTag && sha256 === undefined) return clone;
    const why = isTag ? 'A tag has no --sha256.' : 'There is no tag named that is wanted of it.';
    throw new UtopiaError('usage', `--from ${from} is a clone. ${why}`, {
      hint: `As in: utopia kernel get v6.12.3 --from ${quoteForShell(from)}`,
    });
  }
  const here = isTag && from === undefined && sha256 === undefined;
  const clone = here ? await findKernelClone(context, cwd).catch(noGit) : undefined;
  if (!fetch || clone !== undefined) return clone;
  throw new UtopiaError('usage', '--fetch is for a tag of a clone, and there is none here.', {
    hint: 'Name it: utopia kernel get v6.12.3 --fetch --from ~/linux',
  });
}

/** Without git there is no clone, and an archive needs none. */
function noGit(error: unknown): undefined {
  if (error instanceof UtopiaError && error.code === 'program-missing') return undefined;
  throw error;
}

/** Where a source that is no tag of a clone comes from. Throws `usage`. */
export function readOrigin({ what, from }: Pick<WantedKernel, 'what' | 'from'>): SourceOrigin {
  if (what === 'debian') return { kind: 'debian', folder: '/usr/src' };
  if (what?.includes('://') === true) {
    const url = parseImageUrl(what);
    if (archiveName.test(url.pathname)) return { kind: 'archive', url };
    throw new UtopiaError('usage', `${what}: not the address of a .tar.xz, .tar.gz or .tar.bz2.`, {
      hint: 'Name a version, or an archive: utopia kernel get https://host/linux-6.12.tar.xz',
    });
  }
  const server = releaseServer(from === undefined ? undefined : parseImageUrl(from));
  if (what === undefined) return { kind: 'release', version: undefined, server };
  const version = readVersion(what);
  if (version !== undefined) return { kind: 'release', version, server };
  throw new UtopiaError('usage', `${what}: no version of a release, and no URL.`, {
    hint: 'utopia kernel get 6.12      or the address of an archive (of a -rc, say)',
  });
}
