import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { kernelFolder, readBuild, type KernelBuild } from '../../src/kernel/build-store.ts';
import { machineFragment, tinyFragment } from '../../src/kernel/fragments.ts';
import { kernelSource, type DebianSuite } from './kernel-source.ts';
import type { Lab } from './lab.ts';

/** Where kernels built for tests are kept; nothing of a user's is in it. */
const cache = process.env['UTOPIA_TEST_BUILDS'] ?? join(homedir(), '.cache/utopia-test/kernels');

/** What runs utopia, and where its store is: XDG_CACHE_HOME, or below HOME. */
export type KernelLab = Pick<Lab, 'env' | 'run'>;

/** Code that the kernel runs near the end of its own start. */
function initcall(body: string): string {
  return `\nstatic int __init utopia_trial(void)\n{\n\t${body}\n\treturn 0;\n}\nlate_initcall(utopia_trial);\n`;
}

/** A kernel of Debian's source by what differs from the tiny base: options, and code behind kernel/panic.c. */
export interface TinyKind {
  readonly set: readonly string[];
  readonly code?: string;
  /** The kernel's own defconfig as it is, without any of our options. */
  readonly plain?: true;
}

/** By name of the build. */
const kinds = {
  tiny: { set: [] },
  /** Its first process dies of a NULL pointer; its release ends with -panic, as those below with their names. */
  panic: { set: ['LOCALVERSION="-panic"'], code: initcall('*(volatile int *)0x28 = 1;') },
  hang: { set: ['LOCALVERSION="-hang"'], code: initcall('for (;;)\n\t\tcpu_relax();') },
  /** It does not find the machine's disk. */
  noroot: { set: ['LOCALVERSION="-noroot"', 'VIRTIO_BLK=n'] },
} satisfies Record<string, TinyKind>;

export type TinyName = keyof typeof kinds;

/** Beyond the base: a module that needs nothing, and the configuration in the image. */
const settings = ['DUMMY=m', 'IKCONFIG=y'];

/** Puts one of the usual kernels into a lab's store. */
export async function tinyBuild(lab: KernelLab, name: TinyName): Promise<KernelBuild> {
  return await buildOfKinds(lab, kinds, name);
}

/**
 * Puts a kernel of Debian's source into a lab's store, as `utopia kernel config --base tiny` and
 * `utopia kernel build` make it. The first call makes all `all`, one after the other in one folder
 * (five minutes of two processors, and half a minute for each); from then on it is a copy. The
 * cache's name holds all that they are made of.
 */
export async function buildOfKinds(
  lab: KernelLab,
  all: Readonly<Record<string, TinyKind>>,
  name: string,
  suite: DebianSuite = 'bookworm',
): Promise<KernelBuild> {
  const source = kernelSource(suite);
  const key = createHash('sha256')
    .update(JSON.stringify([tinyFragment, machineFragment, settings, all]))
    .update(readFileSync(source))
    .digest('hex')
    .slice(0, 12);
  const kept = join(cache, key);
  if (!existsSync(kept)) await makeAll(lab, source, kept, all);
  const store = join(kernelFolder(lab.env), name);
  if (!existsSync(store)) {
    cpSync(join(kept, name), store, { recursive: true, preserveTimestamps: true });
  }
  const build = await readBuild(lab.env, name);
  if (build === undefined) throw new Error(`${kept} holds no build ${name}`);
  return build;
}

async function makeAll(
  lab: KernelLab,
  source: string,
  kept: string,
  all: Readonly<Record<string, TinyKind>>,
): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.building-'));
  const utopia = async (...words: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await lab.run('kernel', ...words);
    // A configuration that will not boot is made all the same, and said to be one.
    const asAsked = status === 69 && stdout.includes('will not boot');
    if (status !== 0 && !asAsked)
      throw new Error(`utopia kernel ${words.join(' ')}: ${stdout}${stderr}`);
  };
  try {
    const tree = join(work, 'source');
    const out = join(work, 'out');
    mkdirSync(tree);
    execFileSync('tar', ['-xf', source, '-C', tree, '--strip-components=1']);
    const file = join(tree, 'kernel/panic.c');
    const original = readFileSync(file, 'utf8');
    for (const [name, { set, code = '', plain }] of Object.entries(all)) {
      const options = [...settings, ...set].flatMap((each) => ['--set', each]);
      if (plain === true) execFileSync('make', ['-C', tree, `O=${out}`, 'defconfig']);
      else await utopia('config', tree, '--base', 'tiny', ...options, '-o', out);
      writeFileSync(file, original);
      appendFileSync(file, code);
      await utopia('build', tree, '-o', out, '--name', name);
      const store = join(kernelFolder(lab.env), name);
      cpSync(store, join(work, 'builds', name), { recursive: true, preserveTimestamps: true });
    }
    renameSync(join(work, 'builds'), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
