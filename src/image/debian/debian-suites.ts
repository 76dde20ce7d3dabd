import { UtopiaError } from '../../errors.ts';

/** A Debian release, as far as images of it are concerned. */
export interface DebianSuite {
  /** Its code name, as in the archive. */
  readonly name: string;
  /** Version and state, as a reader of an error sees them. */
  readonly known: string;
  /** Why no image is built of it; absent for one that is offered. */
  readonly refused?: string;
}

/**
 * Releases from the oldest on. bookworm and trixie are tested by boots of both profiles; forky and
 * sid change daily, so that only the boot at the end of a build tells. End of support of bullseye:
 * https://wiki.debian.org/LTS (31 August 2026).
 */
export const debianSuites: readonly DebianSuite[] = [
  {
    name: 'bullseye',
    known: 'Debian 11',
    refused: 'its support has ended, and its packages go from the mirrors',
  },
  { name: 'bookworm', known: 'Debian 12, kernel 6.1' },
  { name: 'trixie', known: 'Debian 13, kernel 6.12' },
  { name: 'forky', known: 'Debian testing' },
  { name: 'sid', known: 'Debian unstable' },
];

/**
 * Of which the default image is built, and of which it was built before: one of these that is
 * there already is used before a new one is offered.
 */
export const defaultSuites: readonly [string, ...string[]] = ['trixie', 'bookworm'];

/** Names by which releases go besides: the archive's aliases move from one to the next. */
const aliases: Readonly<Record<string, string>> = {
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
  oldstable: 'bookworm',
  stable: 'trixie',
  testing: 'forky',
  unstable: 'sid',
};

/** Those that images are built of. */
export function offeredSuites(): readonly DebianSuite[] {
  return debianSuites.filter(({ refused }) => refused === undefined);
}

/**
 * The release that is meant by a word, such as `debian13`, `Trixie` or `stable`; undefined
 * where none is. Pure.
 */
export function guessSuite(word: string): DebianSuite | undefined {
  const plain = word.toLowerCase().replace(/^debian[\s_-]*/, '');
  const name = Object.hasOwn(aliases, plain) ? aliases[plain] : plain;
  return debianSuites.find((each) => each.name === name);
}

/** The code name of a release that is offered; a word that means one, such as 13 or stable, is not taken for it unasked. Throws `usage`. */
export function readSuite(text: string): string {
  const meant = guessSuite(text);
  const suite = debianSuites.find(({ name }) => name === text);
  if (suite !== undefined && suite.refused === undefined) return suite.name;
  const offered = offeredSuites().map(({ name, known }) => `${name} (${known})`);
  const hint =
    meant !== undefined && meant.refused === undefined
      ? `utopia image build --suite ${meant.name}`
      : `There are: ${offered.join(', ')}.`;
  throw new UtopiaError(
    'usage',
    meant?.refused === undefined
      ? `--suite ${text}: not the code name of a Debian release that images are built of.`
      : `--suite ${text}: no image is built of ${meant.known}: ${meant.refused}.`,
    { hint },
  );
}
