import { UtopiaError } from '../../errors.ts';

/**
 * The additional packages of an image from what was typed (words, or several in one
 * word with commas between them): sorted, each once. Only plain names are taken:
 * mmdebstrap would read patterns, versions and paths. Throws `usage` with the first
 * word that is none. Names as in Debian's policy, 5.6.1 and 5.6.7.
 */
export function readIncludedPackages(words: readonly string[]): readonly string[] {
  const names = words.flatMap((word) => word.split(',')).map((name) => name.trim());
  for (const name of names) {
    if (/^[a-z0-9][a-z0-9+.-]+$/.test(name)) continue;
    throw new UtopiaError('usage', `--include ${name}: not the name of a Debian package.`, {
      hint: 'utopia image build --include valgrind nasm',
    });
  }
  return [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));
}
