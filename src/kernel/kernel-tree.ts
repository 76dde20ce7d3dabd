import { join } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { isReachable } from '../system/look.ts';
import { readRegularText } from '../system/regular-file.ts';

/** A kernel's source, as its top Makefile describes it. */
export interface KernelTree {
  /** Absolute. */
  readonly folder: string;
  /** `6.1.192`, `6.12-rc3`: without what a .config or git adds to the release. */
  readonly version: string;
}

/**
 * Reads the version out of the top Makefile of a kernel; undefined for another Makefile. Pure.
 */
export function parseTreeVersion(makefile: string): string | undefined {
  const start = makefile.slice(0, 4096);
  const value = (name: string): string =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*([\\w.-]*)[ \\t]*$`, 'm').exec(start)?.[1] ?? '';
  const [version, level] = [value('VERSION'), value('PATCHLEVEL')];
  if (!/^\d+$/.test(version) || !/^\d+$/.test(level)) return undefined;
  const sub = value('SUBLEVEL');
  return `${version}.${level}${sub === '' ? '' : `.${sub}`}${value('EXTRAVERSION')}`;
}

/** What a folder lacks of a kernel's source, which has all of these. */
const parts = ['Makefile', 'Kconfig', 'scripts/kconfig/merge_config.sh', 'init/main.c'] as const;

/**
 * The kernel tree in a folder. Throws `kernel-unsuitable` for a folder that is none, and for one
 * without x86.
 */
export async function readKernelTree(folder: string): Promise<KernelTree> {
  const makefile = await readRegularText(join(folder, 'Makefile')).catch(() => '');
  const version = parseTreeVersion(makefile);
  const there = await Promise.all(parts.map((each) => isReachable(join(folder, each))));
  const lacks = parts.find((_part, at) => there[at] === false);
  if (version === undefined || lacks !== undefined) {
    const why = !(await isReachable(folder))
      ? 'there is no such folder'
      : version === undefined
        ? 'it has no Makefile of a kernel'
        : `${lacks ?? ''} is missing in it`;
    throw new UtopiaError('kernel-unsuitable', `${folder} is no kernel tree: ${why}.`, {
      hint: "Name the folder of a kernel's source, in which make is run; docs/kernel.md says where to get one.",
    });
  }
  if (!(await isReachable(join(folder, 'arch/x86/Makefile')))) {
    throw new UtopiaError('kernel-unsuitable', `${folder} is a kernel tree without x86.`, {
      details: ['arch/x86 is missing in it, and the machine has an x86-64 processor.'],
      hint: 'Unpack the whole source, as kernel.org or a distribution has it.',
    });
  }
  return { folder, version };
}

/** Throws `kernel-unsuitable` for a .config of another architecture. `architecture` is of its head. */
export function requireX86(path: string, architecture: string | undefined): void {
  if (architecture === undefined || /^(?:x86|x86_64|i386)$/.test(architecture)) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    `${path} is a configuration for ${architecture}, and the machine has an x86-64 processor.`,
    { hint: 'Take one for x86: utopia kernel config --base defconfig' },
  );
}
