import { UtopiaError } from '../errors.ts';

/** A place that has releases as download.qemu.org does: all in one folder, which lists them. */
export interface QemuServer {
  readonly files: URL;
  /** Names the newest releases where the folder does not list them; undefined for a mirror. */
  readonly page: URL | undefined;
}

/** QEMU's own, or a mirror of it. */
export function qemuServer(mirror: URL | undefined): QemuServer {
  if (mirror === undefined) {
    return {
      files: new URL('https://download.qemu.org/'),
      page: new URL('https://www.qemu.org/download/'),
    };
  }
  const files = new URL(mirror);
  if (!files.pathname.endsWith('/')) files.pathname += '/';
  return { files, page: undefined };
}

/**
 * A release that was asked for: `9.2.0`, `v9.2.0-rc1`, `2.5.1.1`; `9.2` is the newest of that
 * series. Undefined for another word. Pure.
 */
export function readQemuVersion(text: string): string | undefined {
  return /^v?(\d{1,3}(?:\.\d{1,3}){1,3}(?:-rc\d{1,2})?)$/.exec(text)?.[1];
}

/** Archives that a page names: version → name, xz before bzip2, which old releases alone have. Pure. */
export function listReleases(page: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const pattern = /\bqemu-(\d{1,3}(?:\.\d{1,3}){1,3}(?:-rc\d{1,2})?)\.tar\.(xz|bz2)(?![\w.])/g;
  for (const [name, version = '', packing] of page.matchAll(pattern)) {
    if (packing === 'xz' || !found.has(version)) found.set(version, name);
  }
  return found;
}

/**
 * The name of the archive of a release; of the newest stable one without a version. Throws
 * `source-unknown`, which names what there is. Pure.
 */
export function findRelease(
  releases: ReadonlyMap<string, string>,
  version: string | undefined,
): string {
  const wanted = version ?? newest([...releases.keys()]);
  const exact = wanted === undefined ? undefined : releases.get(wanted);
  if (exact !== undefined) return exact;
  const series = version?.split('.').slice(0, 2).join('.');
  const ofSeries = [...releases.keys()].filter((each) => each.startsWith(`${series}.`));
  const latest = version === series ? newest(ofSeries) : undefined;
  const name = latest === undefined ? undefined : releases.get(latest);
  if (name !== undefined) return name;
  if (version === undefined) {
    throw new UtopiaError('download-failed', 'The server names no release of QEMU.', {
      hint: 'Name a version: utopia qemu get 9.2.0',
    });
  }
  const there = newest(ofSeries) ?? newest([...releases.keys()]) ?? '';
  throw new UtopiaError('source-unknown', `There is no release ${version} of QEMU.`, {
    hint: `The newest ${ofSeries.length > 0 ? `of ${series}` : 'of all'}: utopia qemu get ${there}`,
  });
}

/** The highest version; release candidates count only where there is nothing else. */
function newest(versions: readonly string[]): string | undefined {
  const stable = versions.filter((each) => !each.includes('-rc'));
  return (stable.length > 0 ? stable : versions)
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
}
