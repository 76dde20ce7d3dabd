/** What must not stand in a file that is handed on, and what stands there instead. */
export interface Secrets {
  /** Absolute home folders, the user's own first: `~`, then `/home/USER2` and so on. */
  readonly homes: readonly string[];
  /** The user's own name first, then others'. */
  readonly users: readonly string[];
  /** Names of the host, with and without its domain. */
  readonly hosts: readonly string[];
  /** Serial numbers, machine ids. */
  readonly serials: readonly string[];
}

/** Shorter ones are words, and would take half of the text with them. */
const shortestSerial = 4;

/** Forms that tell a machine apart, whatever they are called where they stand. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi, 'UUID'],
  [/\b(?:[\da-f]{2}:){5}[\da-f]{2}\b/gi, 'MAC'],
  [/\b[\da-f]{32}\b/gi, 'ID'],
  [/\b(serial|wwn|password|passwd|secret|token)=[^\s,'"]+/gi, '$1=REDACTED'],
  [/\/(home|Users)\/(?!USER\d*\b)[^/\s:'",]+/g, '/$1/USER'],
];

/** Replaces every secret in a text. Longer ones first, so that none leaves a piece of another. Pure. */
export function redact(text: string, { homes, users, hosts, serials }: Secrets): string {
  const [ownHome] = homes;
  const replacements = [
    // Root's home is the same everywhere, and /root also starts other words.
    ...(ownHome === undefined || ownHome === '/' ? [] : [pathPair(ownHome, '~')]),
    ...homes.slice(1).map((home, index) => pathPair(home, `/home/USER${index + 2}`)),
    ...serials
      .filter((serial) => serial.length >= shortestSerial)
      .map((each) => word(each, 'SERIAL')),
    ...hosts.map((name) => word(name, 'HOST')),
    ...users.map((name, index) => word(name, index === 0 ? 'USER' : `USER${index + 1}`)),
  ].toSorted((a, b) => b.secret.length - a.secret.length);
  let redacted = text;
  for (const { pattern, instead } of replacements) {
    redacted = redacted.replaceAll(pattern, () => instead);
  }
  for (const [pattern, instead] of patterns) redacted = redacted.replaceAll(pattern, instead);
  return redacted;
}

interface Replacement {
  readonly secret: string;
  readonly pattern: RegExp;
  readonly instead: string;
}

function pathPair(path: string, instead: string): Replacement {
  return { secret: path, pattern: new RegExp(`${escape(path)}(?![\\w.-])`, 'g'), instead };
}

/** A whole word: `al` is not taken out of `always`, but is out of `/media/al/`. */
function word(secret: string, instead: string): Replacement {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${escape(secret)}(?![\\p{L}\\p{N}_])`, 'gu');
  return { secret, pattern, instead };
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
