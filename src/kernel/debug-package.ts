import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { cacheRoot } from '../system/places.ts';

/** Where the symbols of a distribution's kernel are kept, once they were fetched. */
export function keptSymbols(env: Environment, release: string): string {
  return join(cacheRoot(env), 'symbols', release, 'vmlinux');
}

/** What a kernel of Debian is called by itself: `6.1.0-57-amd64`, `6.12.118+deb13-cloud-amd64`. */
const debianRelease = /^\d{1,3}\.\d{1,3}[\w.+~-]{0,60}-amd64$/;

/** Whether a release can be one of Debian's; it becomes part of paths and of commands. Pure. */
export function isDebianRelease(release: string): boolean {
  return debianRelease.test(release) && !release.includes('..');
}

/** Debian's package with the symbols of a release. */
export function debugPackage(release: string): string {
  return `linux-image-${release}-dbg`;
}

/** Versions of Linux by which releases before trixie are known: theirs name no Debian. */
const suitesByVersion: Readonly<Record<string, string>> = { '6.1': 'bookworm', '5.10': 'bullseye' };

/** The suites in which such a kernel may be, of those that are given by name and number. Pure. */
export function suitesOf(
  release: string,
  guess: (word: string) => string | undefined,
  all: readonly string[],
): readonly string[] {
  const [, number] = /\+deb(\d{1,3})/.exec(release) ?? [];
  const [, version = ''] = /^(\d+\.\d+)\.0-/.exec(release) ?? [];
  const named = number === undefined ? suitesByVersion[version] : guess(number);
  return named === undefined ? all : [named];
}

/** What changes daily has neither updates nor security of its own. */
function isMoving(suite: string): boolean {
  return suite === 'sid' || suite === 'forky';
}

/** Sources for apt (sources.list(5), deb822): a suite with its updates and its security. Pure. */
export function aptSources(suites: readonly string[], mirror: string, keyring: string): string {
  const stanza = (uri: string, names: readonly string[]): string =>
    `Types: deb\nURIs: ${uri}\nSuites: ${names.join(' ')}\nComponents: main\nSigned-By: ${keyring}\n`;
  const stable = suites.filter((suite) => !isMoving(suite));
  return [
    stanza(mirror, [...suites, ...stable.map((suite) => `${suite}-updates`)]),
    ...(stable.length === 0
      ? []
      : [
          stanza(
            'http://deb.debian.org/debian-security',
            stable.map((suite) => `${suite}-security`),
          ),
        ]),
  ].join('\n');
}

/** A package that apt would download. */
export interface OfferedPackage {
  readonly url: URL;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads what `apt-get download --print-uris` prints: `'URL' FILE BYTES SHA256:…`. Pure. */
export function readOffer(text: string): OfferedPackage | undefined {
  for (const line of text.split('\n')) {
    const [, address = '', file = '', bytes = '', sha256 = ''] =
      /^'(https?:\/\/[^']{1,2000})' (\S{1,300}) (\d{1,15}) SHA256:([\da-f]{64})$/.exec(line) ?? [];
    if (address === '' || !URL.canParse(address)) continue;
    const version = decodeURIComponentOr(file.split('_')[1] ?? '');
    return { url: new URL(address), version, bytes: Number(bytes), sha256 };
  }
  return undefined;
}

/** An epoch's colon is written as `%3a` in names of files. */
function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
