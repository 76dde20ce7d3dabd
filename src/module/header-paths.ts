import { dirname, join, relative } from 'node:path';
import { isBelow } from '../text/is-below.ts';

/** Where distributions keep what modules are built with; nothing else is taken out of an image. */
const allowed = ['/usr/src', '/usr/lib/modules', '/lib/modules'] as const;

/** Whether a path of an image, its links followed, is a place of kernel headers. Pure. */
export function isHeaderPlace(path: string): boolean {
  // Debian's programs of kbuild: /usr/lib/linux-kbuild-6.1.
  if (/^(?:\/usr)?\/lib\/linux-kbuild-[^/]+(?:\/|$)/.test(path)) return true;
  return allowed.some((folder) => path !== folder && isBelow(folder, path));
}

/** Absolute paths that the top Makefile of a headers folder includes: Debian's names its common half so. Pure. */
export function includedPaths(makefile: string): readonly string[] {
  return [...makefile.matchAll(includeLine)].map(([, , path = '']) => path);
}

const includeLine = /^([ \t]*[-s]?include[ \t]+)(\/[\w./+~-]+)[ \t]*$/gm;

/**
 * The same Makefile for a copy of the headers: what it includes by an absolute path of the image
 * is found from the Makefile's own folder. `folder` is that folder in the image. Pure.
 */
export function relocateMakefile(makefile: string, folder: string): string {
  return makefile.replaceAll(
    includeLine,
    (_line, include: string, path: string) =>
      `${include}$(dir $(lastword $(MAKEFILE_LIST)))${relative(folder, path)}`,
  );
}

/** What a link at `path` of an image is to say in the copy, to lead to `target` there. Pure. */
export function linkText(path: string, target: string): string {
  return relative(dirname(path), target) || '.';
}

/** What a link's text means at its place: a path of the image. Pure. */
export function linkMeaning(path: string, text: string): string {
  return text.startsWith('/') ? text : join(dirname(path), text);
}
