import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findFragment, machineFragment, tinyFragment } from '../../src/kernel/fragments.ts';
import type { KernelBuild } from '../../src/kernel/build-store.ts';
import { readBuild } from '../../src/kernel/build-store.ts';
import { kernelSource } from './kernel-source.ts';
import type { Lab } from './lab.ts';

/** Where kernels built for tests are kept; nothing of a user's is in it. */
const cache = process.env['UTOPIA_TEST_BUILDS'] ?? join(homedir(), '.cache/utopia-test/kernels');

/** Beyond the base: a module that needs nothing, and the configuration in the image. */
const settings = ['DUMMY=m', 'IKCONFIG=y'];

/**
 * Puts a kernel of Debian's source into a lab's store, as `utopia kernel config --base tiny` and
 * `utopia kernel build` make it: three minutes of two processors the first time, then a copy.
 * The cache's name holds all that the kernel is made of.
 */
export async function tinyBuild(lab: Lab, name: string): Promise<KernelBuild> {
  const source = kernelSource('bookworm');
  const key = createHash('sha256')
    .update(JSON.stringify([tinyFragment, machineFragment, settings, findFragment('debug')]))
    .update(readFileSync(source))
    .digest('hex')
    .slice(0, 12);
  const kept = join(cache, key);
  if (!existsSync(kept)) await makeTiny(lab, source, kept, name);
  const store = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/kernels', name);
  if (!existsSync(store)) {
    cpSync(kept, store, { recursive: true, preserveTimestamps: true });
  }
  const build = await readBuild(lab.env, name);
  if (build === undefined) throw new Error(`${kept} holds no build`);
  return build;
}

async function makeTiny(lab: Lab, source: string, kept: string, name: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.building-'));
  try {
    execFileSync('tar', ['-xf', source, '-C', work, '--strip-components=1', '--one-top-level=src']);
    const tree = join(work, 'src');
    const out = join(work, 'out');
    const set = settings.flatMap((each) => ['--set', each]);
    for (const words of [
      ['config', tree, '--base', 'tiny', ...set, '-o', out],
      ['build', tree, '-o', out, '--name', name],
    ]) {
      const { status, stdout, stderr } = await lab.run('kernel', ...words);
      if (status !== 0) throw new Error(`utopia kernel ${words.join(' ')}: ${stdout}${stderr}`);
    }
    const store = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/kernels', name);
    cpSync(store, join(work, 'build'), { recursive: true, preserveTimestamps: true });
    renameSync(join(work, 'build'), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
