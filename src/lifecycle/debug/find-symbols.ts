import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { readElf } from '../../crash/elf.ts';
import { listBuilds } from '../../kernel/build-store.ts';
import { isDebianRelease, keptSymbols } from '../../kernel/debug-package.ts';
import type { GdbScripts } from '../../kernel/gdb-arguments.ts';
import type { PlannedKernel } from '../../machine/plan.ts';
import { isReachable } from '../../system/look.ts';

/** What a debugger knows of the kernel that runs. */
export interface KernelSymbols {
  /** An ELF file with debug information; absolute. */
  readonly vmlinux: string;
  /** Of the kernel that they are for; undefined where nobody asked. */
  readonly release?: string | undefined;
  /** The folder of the objects, for a kernel that was built here: its modules and gdb scripts. */
  readonly objects: string | undefined;
  /** With these gdb gets the kernel's own commands (`lx-symbols`, `lx-dmesg` …). */
  readonly scripts: GdbScripts | undefined;
  /** When it was written. */
  readonly builtAt: Date;
}

/** Where distributions put it: Debian, Fedora, openSUSE (paths of their debug packages). */
function packagedPlaces(release: string): string[] {
  return [
    `/usr/lib/debug/boot/vmlinux-${release}`,
    `/usr/lib/debug/lib/modules/${release}/vmlinux`,
    `/usr/lib/debug/usr/lib/modules/${release}/vmlinux`,
    `/usr/lib/debug/boot/vmlinux-${release}.debug`,
  ];
}

/** The kernel that runs: what the machine was started with, or what its guest says. */
export interface RunningKernel {
  /** The one that QEMU loaded; undefined for the disk's own. */
  readonly direct: Pick<PlannedKernel, 'name' | 'version' | 'image'> | undefined;
  /** Asks the guest for its release; called only for the disk's own. */
  readonly askRelease: () => Promise<string>;
}

/**
 * Finds the symbols of the kernel that runs: the file of `given`, the objects of a build of that
 * release, or the distribution's debug package on this host. Throws `kernel-unknown` where there
 * are none, with where they come from.
 */
export async function findSymbols(
  env: Environment,
  cwd: string,
  given: string | undefined,
  { direct, askRelease }: RunningKernel,
): Promise<KernelSymbols> {
  if (given !== undefined) {
    const file = resolve(cwd, given);
    const found = await look(file);
    if (found !== undefined) {
      await requireSymbols(file);
      return found;
    }
    throw new UtopiaError('kernel-unknown', `${file} is no file of symbols: there is none.`, {
      hint: 'Name a vmlinux with debug information; a bzImage has none.',
    });
  }
  const release = direct?.version ?? (await askRelease());
  const { builds } = await listBuilds(env);
  const named = builds.filter(({ name, image }) =>
    direct === undefined ? false : name === direct.name && image === direct.image,
  );
  const places = [
    ...[...named, ...builds.filter(({ version }) => version === release)].map(({ out }) =>
      join(out, 'vmlinux'),
    ),
    // arch/x86/boot/bzImage of a tree.
    ...(direct === undefined ? [] : [join(dirname(direct.image), '../../../vmlinux')]),
    ...packagedPlaces(release),
    ...(isDebianRelease(release) ? [keptSymbols(env, release)] : []),
  ];
  for (const place of places) {
    const found = await look(place);
    if (found === undefined) continue;
    if ((await readElf(place)) === undefined) throw damaged(place);
    return { ...found, release };
  }
  throw noSymbols(release, named[0]?.out);
}

/** Throws `kernel-unknown` for what gdb would take, and have no use of. */
async function requireSymbols(file: string): Promise<void> {
  const object = await readElf(file);
  const what =
    object === undefined
      ? 'is no ELF file'
      : object.relocatable
        ? 'is a module, and no kernel'
        : object.hasLines
          ? undefined
          : 'has no debug information';
  if (what === undefined) return;
  throw new UtopiaError('kernel-unknown', `${file} ${what}.`, {
    hint: 'Name a vmlinux with debug information; a bzImage has none.',
  });
}

function damaged(file: string): UtopiaError {
  return new UtopiaError('kernel-unknown', `${file} is no ELF file: it is damaged, or cut short.`, {
    hint: 'Remove it; utopia kernel symbols fetches those of a kernel of Debian again.',
  });
}

async function look(vmlinux: string): Promise<KernelSymbols | undefined> {
  const found = await stat(vmlinux).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const folder = dirname(vmlinux);
  const isTree = basename(vmlinux) === 'vmlinux' && (await isReachable(join(folder, '.config')));
  return {
    vmlinux,
    objects: isTree ? folder : undefined,
    scripts: isTree ? await findScripts(folder) : undefined,
    builtAt: found.mtime,
  };
}

/** `make scripts_gdb` has made them: a link at the top, which dangles in a tree that was moved. */
async function findScripts(objects: string): Promise<GdbScripts | undefined> {
  const folder = join(objects, 'scripts/gdb');
  for (const file of [join(objects, 'vmlinux-gdb.py'), join(folder, 'vmlinux-gdb.py')]) {
    if (await isReachable(file)) return { file, folder };
  }
  return undefined;
}

function noSymbols(release: string, out: string | undefined): UtopiaError {
  const where =
    out === undefined
      ? `It is looked for in the builds of utopia kernel list and in ${packagedPlaces(release)[0] ?? ''}.`
      : `Its objects were in ${out}, and are not there any more.`;
  return new UtopiaError('kernel-unknown', `There are no symbols of the kernel ${release}.`, {
    details: [where],
    hint:
      out === undefined
        ? `For a kernel of Debian: utopia kernel symbols ${release}. Any other: --vmlinux FILE`
        : 'Build it again, and start the machine with it: utopia kernel build',
  });
}
