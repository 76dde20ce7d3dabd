import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { kernelFolder } from '../../src/kernel/build-store.ts';
import { machineFragment, namedFragments, tinyFragment } from '../../src/kernel/fragments.ts';
import { kernelSource } from './kernel-source.ts';
import type { KernelLab } from './tiny-kernel.ts';

/** Where kernels built for tests are kept; nothing of a user's is in it. */
const cache = process.env['UTOPIA_TEST_BUILDS'] ?? join(homedir(), '.cache/utopia-test/kernels');

/** All that says of a module what Debian's kernels do not. */
const checks = ['kunit', 'kmemleak', 'lockdep', 'gcov'];
const settings = ['GCOV_PROFILE_ALL=n', 'LOCALVERSION_AUTO=n'];

/** A kernel with the objects that modules are built against. */
export interface CheckingKernel {
  readonly source: string;
  /** Read only: the next run has it, too. */
  readonly out: string;
}

/**
 * Puts a tiny kernel of Debian's Linux 6.12 with KUnit, kmemleak, lockdep and gcov into a lab's
 * store, under each of these names. It is built once (ten minutes of two processors) and stays with
 * its objects: their paths are in them, so that a copy would be of no use. While one run makes it,
 * others are refused.
 */
export async function checkingKernel(
  lab: KernelLab,
  ...names: readonly string[]
): Promise<CheckingKernel> {
  const packed = kernelSource('trixie');
  const fragments = namedFragments.filter(({ name }) => checks.includes(name));
  const key = createHash('sha256')
    .update(JSON.stringify([tinyFragment, machineFragment, fragments, settings, cache]))
    .update(readFileSync(packed))
    .digest('hex')
    .slice(0, 12);
  const place = join(cache, `${key}-checking`);
  const kernel = { source: join(place, 'source'), out: join(place, 'out') };
  const made = join(place, 'build');
  if (!existsSync(made)) await make(lab, packed, kernel, { place, made });
  for (const name of names) {
    const store = join(kernelFolder(lab.env), name);
    cpSync(made, store, { recursive: true, preserveTimestamps: true });
    const record = join(store, 'build.json');
    const text = JSON.parse(readFileSync(record, 'utf8')) as object;
    writeFileSync(record, JSON.stringify({ ...text, name }));
  }
  return kernel;
}

async function make(
  lab: KernelLab,
  packed: string,
  { source, out }: CheckingKernel,
  { place, made }: { readonly place: string; readonly made: string },
): Promise<void> {
  const owner = join(place, 'owner');
  const pid = existsSync(owner) ? readFileSync(owner, 'utf8') : '';
  if (/^\d+$/.test(pid) && existsSync(`/proc/${pid}`)) {
    throw new Error(`process ${pid} builds in ${place}: one run at a time`);
  }
  mkdirSync(place, { recursive: true });
  writeFileSync(owner, String(process.pid));
  // A build that was cut short goes on.
  if (!existsSync(source)) {
    const draft = `${source}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    execFileSync('tar', ['-xf', packed, '-C', draft, '--strip-components=1']);
    renameSync(draft, source);
  }
  const options = settings.flatMap((each) => ['--set', each]);
  const name = 'checking';
  for (const words of [
    ['config', source, '--base', 'tiny', '--with', checks.join(','), ...options, '-o', out],
    ['build', source, '-o', out, '--name', name],
  ]) {
    const { status, stdout, stderr } = await lab.run('kernel', ...words);
    if (status !== 0) throw new Error(`utopia kernel ${words.join(' ')}: ${stdout}${stderr}`);
  }
  // Last and whole: what says that all of it is there.
  const draft = `${made}.draft`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(join(kernelFolder(lab.env), name), draft, { recursive: true, preserveTimestamps: true });
  renameSync(draft, made);
  rmSync(owner);
}
