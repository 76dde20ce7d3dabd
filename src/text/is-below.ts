import { isAbsolute, relative } from 'node:path';

/** Whether a path is the folder or lies in it; both absolute. Pure. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
