/** More letters than that make no word of ours. */
const longestWord = 32;

/**
 * The words that may have been meant by a misspelt one: those that it begins (`snap`), else
 * those with the fewest slips, a third of their letters at most. Pure.
 */
export function nearestWords(typed: string, words: readonly string[]): string[] {
  if (typed === '' || typed.length > longestWord) return [];
  const plain = typed.toLowerCase();
  const begun = words.filter((word) => plain.length >= 2 && word.startsWith(plain));
  if (begun.length > 0) return begun;
  const found = words.map((word) => ({ word, slips: slipsBetween(plain, word) }));
  const near = found.filter(({ word, slips }) => slips <= Math.max(1, Math.floor(word.length / 3)));
  const least = Math.min(...near.map(({ slips }) => slips));
  return near
    .filter(({ word, slips }) => slips === least && (word.length > 2 || word[0] === plain[0]))
    .map(({ word }) => word);
}

/** Letters left out, added, changed, or swapped with the next one (Damerau and Levenshtein). */
function slipsBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_none, at) => at)];
  for (let at = 1; at <= from.length; at += 1) {
    const row = [at];
    for (let other = 1; other <= to.length; other += 1) {
      const same = from[at - 1] === to[other - 1];
      const swapped = from[at - 1] === to[other - 2] && from[at - 2] === to[other - 1];
      row[other] = Math.min(
        (rows[at - 1]?.[other] ?? 0) + 1,
        (row[other - 1] ?? 0) + 1,
        (rows[at - 1]?.[other - 1] ?? 0) + (same ? 0 : 1),
        at > 1 && other > 1 && swapped ? (rows[at - 2]?.[other - 2] ?? 0) + 1 : Infinity,
      );
    }
    rows.push(row);
  }
  return rows[from.length]?.[to.length] ?? 0;
}
