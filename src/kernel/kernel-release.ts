import { UtopiaError } from '../errors.ts';
import { checkJson } from '../system/json-file.ts';
import { aText, object } from '../text/shape.ts';

/** A place that has releases as kernel.org has them. */
export interface ReleaseServer {
  /** Where `releases.json` is. */
  readonly index: URL;
  /** Where `v6.x/linux-6.12.3.tar.xz` and `v6.x/sha256sums.asc` are. */
  readonly files: URL;
}

/** kernel.org, or a mirror that has both below one address (its `/pub/linux/kernel/`). */
export function releaseServer(mirror: URL | undefined): ReleaseServer {
  if (mirror === undefined) {
    return {
      index: new URL('https://www.kernel.org/releases.json'),
      files: new URL('https://cdn.kernel.org/pub/linux/kernel/'),
    };
  }
  const files = new URL(mirror);
  if (!files.pathname.endsWith('/')) files.pathname += '/';
  return { index: new URL('releases.json', files), files };
}

/** A release that was asked for: `6.12`, `v6.12.3`. Undefined for another word. Pure. */
export function readVersion(text: string): string | undefined {
  return /^v?([1-9]\d?\.\d{1,3}(?:\.\d{1,4})?)$/.exec(text)?.[1];
}

/** What is read of kernel.org's releases.json. */
const releasesShape = object({ latest_stable: object({ version: aText }) });

/** The newest stable release that kernel.org's releases.json names. Throws `download-failed`. Pure. */
export function latestStable(text: string): string {
  const index = checkJson(text, releasesShape);
  const known = index.kind === 'read' ? readVersion(index.value.latest_stable.version) : undefined;
  if (known !== undefined) return known;
  throw new UtopiaError('download-failed', 'The list of releases names no stable one.', {
    hint: 'Name a version: utopia kernel get 6.12',
  });
}

/** The archive of a release, and the checksums that stand beside it. Pure. */
export function releaseFiles(
  server: ReleaseServer,
  version: string,
): { readonly archive: URL; readonly sums: URL } {
  const major = Number(version.split('.')[0]);
  // Of the old series each has its own folder.
  const folder = major < 3 ? `v${version.split('.').slice(0, 2).join('.')}` : `v${major}.x`;
  return {
    archive: new URL(`${folder}/linux-${version}.tar.xz`, server.files),
    sums: new URL(`${folder}/sha256sums.asc`, server.files),
  };
}

/** The checksum of a file in what sha256sum(1) printed; undefined where it is not listed. Pure. */
export function findSum(sums: string, file: string): string | undefined {
  for (const line of sums.split('\n')) {
    const match = /^([\da-f]{64}) [ *](\S+)$/.exec(line.trimEnd());
    if (match?.[2] === file) return match[1];
  }
  return undefined;
}
