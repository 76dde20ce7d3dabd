import { basename } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { fetchBytes, fetchText } from '../../image/fetch/fetch-file.ts';
import { parseImageUrl } from '../../image/fetch/image-names.ts';
import { shownUrl } from '../../image/fetch/shown-url.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import {
  findRelease,
  listReleases,
  qemuServer,
  readQemuVersion,
  type QemuServer,
} from '../../qemu/qemu-release.ts';
import { readQemuTree } from '../../qemu/qemu-tree.ts';
import { checkDetachedSignature, type SignatureVerdict } from '../source/check-signature.ts';
import {
  archiveName,
  fetchSource,
  requireNoFolder,
  usualFolder,
  type GotSource,
  type SourceContext,
} from '../source/fetch-source.ts';
import type { SourceKind } from '../source/unpack-source.ts';

/** Where a source of QEMU is to come from. */
export type QemuOrigin =
  /** A release; the newest stable one without a version. */
  | { readonly kind: 'release'; readonly version: string | undefined; readonly server: QemuServer }
  | { readonly kind: 'archive'; readonly url: URL };

/**
 * Where `what` is to come from: a version, an archive's URL, or undefined for the newest stable
 * release; `from` is the address of a mirror. Throws `usage`.
 */
export function readQemuOrigin(what: string | undefined, from: string | undefined): QemuOrigin {
  if (what?.includes('://') === true) {
    const url = parseImageUrl(what);
    if (archiveName.test(url.pathname)) return { kind: 'archive', url };
    throw new UtopiaError('usage', `${what}: not the address of a .tar.xz, .tar.gz or .tar.bz2.`, {
      hint: 'Name a version, or an archive: utopia qemu get https://host/qemu-9.2.0.tar.xz',
    });
  }
  const server = qemuServer(from === undefined ? undefined : parseImageUrl(from));
  if (what === undefined) return { kind: 'release', version: undefined, server };
  const version = readQemuVersion(what);
  if (version !== undefined) return { kind: 'release', version, server };
  throw new UtopiaError('usage', `${what}: no version of a release, and no URL.`, {
    hint: 'utopia qemu get 9.2.0      or the address of an archive',
  });
}

/** The list of download.qemu.org has 300 KB. */
const mostListBytes = 8 * 1024 * 1024;
const mostSignatureBytes = 64 * 1024;

/** The release manager's key, as QEMU's download page names it. */
const keyCommand =
  'gpg --keyserver keyserver.ubuntu.com --recv-keys CEACC9E15534EBABB82D3FA03353C9CEF108B584';

const qemu: SourceKind = {
  name: 'qemu',
  needs: '1 GB',
  hint: 'Take a release of QEMU as download.qemu.org has it: utopia qemu get',
  check: readQemuTree,
};

/**
 * Gets QEMU's source: downloads it, from where an earlier attempt stopped, looks at its signature
 * and unpacks it. `folder`: where to; undefined: below the current one, named as the archive says.
 * Throws what fetchSource throws, and `source-unknown`.
 */
export async function getQemu(
  context: SourceContext,
  origin: QemuOrigin,
  { folder, sha256 }: { readonly folder: string | undefined; readonly sha256: string | undefined },
  display: ProgressDisplay,
): Promise<GotSource> {
  if (folder !== undefined) await requireNoFolder(folder);
  const url = origin.kind === 'archive' ? origin.url : await locate(context, origin);
  if (folder === undefined) await requireNoFolder(usualFolder(context, url));
  const request = { url, folder, sha256 };
  // First, since it is small: a server that refuses it is known before the archive is there.
  const bytes = await readSignature(context, url);
  const look = async (archive: string): Promise<SignatureVerdict> =>
    bytes === undefined
      ? { signature: 'not signed', isVerified: false }
      : await checkDetachedSignature(archive, bytes, keyCommand, context);
  const fetched = await fetchSource(context, request, qemu, look, display);
  const { version } = await readQemuTree(fetched.path);
  const { signature, isVerified } = fetched.found;
  return {
    ...{ path: fetched.path, version, from: shownUrl(url), sha256: fetched.sha256, signature },
    verified: sha256 !== undefined || isVerified,
  };
}

/** A release's address: by the server's own list, or as the others are called where it has none. */
async function locate(
  { signal }: SourceContext,
  { version, server }: Extract<QemuOrigin, { readonly kind: 'release' }>,
): Promise<URL> {
  const { files, page } = server;
  for (const list of [files, ...(page === undefined ? [] : [page])]) {
    const text = await fetchText(list, { signal, most: mostListBytes });
    const releases = listReleases(text ?? '');
    // QEMU's page names the newest alone.
    const isHere = list === files || version === undefined || releases.has(version);
    if (releases.size > 0 && isHere) return new URL(findRelease(releases, version), files);
  }
  if (version !== undefined) {
    const whole = version.split('.').length < 3 ? `${version}.0` : version;
    return new URL(`qemu-${whole}.tar.xz`, files);
  }
  throw new UtopiaError('download-failed', `${shownUrl(files)} lists no release of QEMU.`, {
    hint: 'Name a version: utopia qemu get 9.2.0',
  });
}

/** The signature beside the archive, `qemu-9.2.0.tar.xz.sig`, of its very bytes; undefined where there is none. */
async function readSignature({ signal }: SourceContext, url: URL): Promise<Buffer | undefined> {
  const place = new URL(`${basename(url.pathname)}.sig`, url);
  return await fetchBytes(place, { signal, most: mostSignatureBytes });
}
