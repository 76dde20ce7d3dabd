import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findInPath } from '../../host/find-program.ts';
import { readOsRelease } from '../../host/find-qemu.ts';
import type { Tool } from '../../host/needs.ts';
import { describeInstall, installCommand } from '../../host/install-packages.ts';
import { listWords } from '../../host/works.ts';
import { isReachable } from '../../system/look.ts';

/** What Kconfig is built with on this host. */
const programs = ['make', 'gcc', 'flex', 'bison'] as const;
/** Where scripts/kconfig/mconf-cfg.sh of the kernel looks, besides pkg-config. */
const ncursesHeaders = [
  '/usr/include/ncursesw/ncurses.h',
  '/usr/include/ncurses/ncurses.h',
  '/usr/include/ncurses.h',
];

/**
 * Throws `program-missing` with all that configuring a kernel needs and this host lacks, and how it
 * is installed; with `menu` what menuconfig needs, too. `gcc` is not asked for where HOSTCC or LLVM
 * names another compiler.
 */
export async function requireConfigPrograms(
  env: Environment,
  { menu }: { readonly menu: boolean },
): Promise<void> {
  const otherCompiler = (env['HOSTCC'] ?? env['LLVM'] ?? '') !== '';
  const wanted = programs.filter((each) => each !== 'gcc' || !otherCompiler);
  const there = await Promise.all(wanted.map(async (each) => await findInPath(each, env)));
  const missing: { readonly tool: Tool; readonly name: string }[] = wanted
    .filter((_each, at) => there[at] === undefined)
    .map((tool) => ({ tool, name: tool }));
  if (menu && !(await hasNcurses())) {
    missing.push({ tool: 'ncurses-headers', name: 'the headers of ncurses' });
  }
  if (missing.length === 0) return;
  const names = listWords(missing.map(({ name }) => name));
  throw new UtopiaError(
    'program-missing',
    `${menu ? 'menuconfig' : 'Configuring a kernel'} needs what this host lacks: ${names}.`,
    {
      hint: describeInstall(
        installCommand(
          await readOsRelease(),
          missing.map(({ tool }) => tool),
        ),
      ),
    },
  );
}

async function hasNcurses(): Promise<boolean> {
  if ((await Promise.all(ncursesHeaders.map(isReachable))).includes(true)) return true;
  const { execa } = await import('execa');
  const asked = await execa('pkg-config', ['--exists', 'ncursesw'], { reject: false });
  return !asked.failed;
}
