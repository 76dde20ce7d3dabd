import type { KernelCompiler } from './compiler.ts';
import { closeOverNeeds, type InstalledPackage } from './installed-packages.ts';

/** Places of packages that no build needs: documentation, translations, settings. */
const unneeded =
  /^\/(?:usr\/share\/(?:bash-completion|bug|common-licenses|debconf|doc|doc-base|gcc|i18n|info|lintian|locale|man|pixmaps|zoneinfo)|var|etc|boot|usr\/src|usr\/lib\/systemd|usr\/lib\/modules|lib\/modules)(?:\/|$)/;

/**
 * The packages that kbuild runs out of: make, the kernel's compiler, what a shell script may take
 * for granted (`Essential: yes`), and what the kernel's own build programs are linked with.
 * Undefined, with what is missing, where the image has no such compiler or no make. Pure.
 */
export function toolPackages(
  packages: readonly InstalledPackage[],
  { kind, major }: KernelCompiler,
): { readonly packages: readonly InstalledPackage[] } | { readonly missing: string } {
  const names = new Set(packages.map(({ name }) => name));
  const compiler =
    kind === 'gcc' ? [`gcc-${major}`] : [`clang-${major}`, `lld-${major}`, `llvm-${major}`];
  const missing = ['make', ...compiler].find((name) => !names.has(name));
  if (missing !== undefined) return { missing };
  return {
    packages: closeOverNeeds(packages, [
      ...['make', 'binutils', ...compiler],
      ...packages.filter(({ essential }) => essential).map(({ name }) => name),
      ...[...names].filter((name) => name.startsWith('linux-kbuild-')),
    ]),
  };
}

/** The paths of a package's list (`/var/lib/dpkg/info/NAME.list`) that a build may need. Pure. */
export function toolPaths(list: string): readonly string[] {
  return list
    .split('\n')
    .filter((path) => /^\/[^\0]{1,1000}$/.test(path) && path !== '/.' && !unneeded.test(path));
}
