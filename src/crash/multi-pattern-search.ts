/** Gives where the next pattern starts, at `from` or behind it; -1 when there is none. Ask with growing `from`. */
export type PatternCursor = (from: number) => number;

/** Bytes of a pattern that are looked for; shorter patterns are left to Buffer.indexOf. */
const windowBytes = 8;

/** The commonest characters of console text, commonest first: a window without them is met seldom. */
const commonCharacters = ' 0es1tinaordcl23pm4567f89u[].:ghbvy';

/**
 * Looks for many patterns at once, after Wu and Manber: a table says for each pair
 * of bytes how far one may leap, so that about a quarter of the bytes is looked at.
 * A regular expression with as many alternatives is several times slower. Patterns
 * are ASCII.
 */
export function searchPatterns(patterns: readonly string[]): (bytes: Buffer) => PatternCursor {
  const short = patterns.filter(({ length }) => length < windowBytes);
  const leaps = new Uint8Array(65_536).fill(windowBytes - 1);
  const ending: (readonly Pattern[] | undefined)[] = Array.from({ length: 65_536 });
  for (const text of patterns) {
    if (text.length < windowBytes) continue;
    const bytes = Buffer.from(text, 'latin1');
    const offset = rarestWindow(bytes);
    for (let end = 1; end < windowBytes; end += 1) {
      const pair = pairAt(bytes, offset + end);
      leaps[pair] = Math.min(leaps[pair] ?? 0, windowBytes - 1 - end);
    }
    const last = pairAt(bytes, offset + windowBytes - 1);
    ending[last] = [...(ending[last] ?? []), { bytes, offset }];
  }

  function findLong(bytes: Buffer, from: number): number {
    const { length } = bytes;
    let end = from + windowBytes - 1;
    while (end < length) {
      const pair = pairAt(bytes, end);
      const leap = leaps[pair] ?? 0;
      if (leap > 0) {
        end += leap;
        continue;
      }
      for (const pattern of ending[pair] ?? []) {
        const first = end - windowBytes + 1 - pattern.offset;
        if (first >= from && standsAt(bytes, first, pattern.bytes)) return first;
      }
      end += 1;
    }
    return -1;
  }

  return (bytes) => {
    // Each kind of search is ahead of the caller; only the one that was reached goes on.
    const searches = [
      (from: number) => findLong(bytes, from),
      ...short.map((text) => (from: number) => bytes.indexOf(text, from, 'latin1')),
    ].map((find) => ({ find, next: -2 }));
    return (from) => {
      let nearest = -1;
      for (const search of searches) {
        if (search.next !== -1 && search.next < from) search.next = search.find(from);
        const { next } = search;
        if (next >= 0 && (nearest < 0 || next < nearest)) nearest = next;
      }
      return nearest;
    };
  };
}

interface Pattern {
  readonly bytes: Buffer;
  /** Where its window starts in it. */
  readonly offset: number;
}

/** The byte before `end` and the one at it, as a number. */
function pairAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
}

function standsAt(bytes: Uint8Array, first: number, pattern: Uint8Array): boolean {
  if (first + pattern.length > bytes.length) return false;
  for (let index = 0; index < pattern.length; index += 1) {
    if (bytes[first + index] !== pattern[index]) return false;
  }
  return true;
}

function rarestWindow(pattern: Buffer): number {
  let best = 0;
  let least = Infinity;
  for (let offset = 0; offset + windowBytes <= pattern.length; offset += 1) {
    let cost = 0;
    for (let end = 1; end < windowBytes; end += 1) {
      // A pair late in the window makes the leap short.
      cost += commonness(pattern[offset + end - 1]) * commonness(pattern[offset + end]) * end;
    }
    if (cost < least) {
      least = cost;
      best = offset;
    }
  }
  return best;
}

function commonness(byte = 0): number {
  const rank = commonCharacters.indexOf(String.fromCharCode(byte));
  return rank < 0 ? 1 : 1 + commonCharacters.length - rank;
}
