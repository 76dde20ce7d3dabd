import { isAbsolute, relative } from 'node:path';

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
