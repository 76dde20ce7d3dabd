import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { parseImageUrl } from '../image/fetch/names.ts';
import { readVersion, releaseServer } from '../kernel/release.ts';
import { getSource, type SourceOrigin } from '../lifecycle/kernel/get-source.ts';
import { archiveName, type GotSource } from '../lifecycle/source/fetch-source.ts';
import { findTagsClone, runGetTag } from './kernel-get/tag.ts';
import { reportSource } from './report/get-source.ts';

export interface KernelGetOptions {
  /** A version, a URL, `debian`, or nothing for the newest stable release. */
  readonly what: string | undefined;
  /** As typed; relative to the current folder. */
  readonly folder: string | undefined;
  /** The address of a mirror, or the folder of a clone, relative to the current one. */
  readonly from: string | undefined;
  readonly sha256: string | undefined;
  /** Fetch a tag that the clone has not, without a question. */
  readonly fetch: boolean;
}

/** `utopia kernel get`: a kernel's source, checked and unpacked. */
export async function runKernelGet(
  context: Context,
  globals: GlobalOptions,
  options: KernelGetOptions,
): Promise<void> {
  const clone = await findTagsClone(context, options);
  if (clone !== undefined) {
    await runGetTag(context, globals, options, clone);
    return;
  }
  const origin = readOrigin(options);
  const words = { name: 'Linux', next: 'utopia kernel config', describeSum };
  await reportSource(context, globals, options, words, async (wanted, display, describe) =>
    getSource(context, origin, wanted, display, describe),
  );
}

function describeSum({ sha256, verified, from }: GotSource): readonly string[] {
  if (sha256 === null) return [`of ${from}`];
  return [
    verified
      ? 'its checksum is the one that is listed'
      : `nobody lists its checksum: sha256 ${sha256}`,
  ];
}

function readOrigin({ what, from }: KernelGetOptions): SourceOrigin {
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
