import { isAbsolute, relative } from 'node:path';
import { quoteForShell } from './shell-words.ts';

/** A path below the current folder as ./x, below the home as ~/x, else as it is. */
export function shortenPath(path: string, cwd: string, home: string): string {
  // Of a kernel's tree, say: it is below no folder of this host.
  if (!isAbsolute(path)) return path;
  const below = relative(cwd, path);
  if (below !== '' && !below.startsWith('..')) return `./${below}`;
  const belowHome = relative(home, path);
  if (belowHome !== '' && !belowHome.startsWith('..')) return `~/${belowHome}`;
  return path;
}

/**
 * The same as a word that can be pasted into a shell: `~/` stays in front of the quotes, which would
 * keep a shell from putting the home in its place.
 */
export function shortenForShell(path: string, cwd: string, home: string): string {
  const short = shortenPath(path, cwd, home);
  return short.startsWith('~/') ? `~/${quoteForShell(short.slice(2))}` : quoteForShell(short);
}
