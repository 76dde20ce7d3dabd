import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { machineFragment, tinyFragment } from '../../src/kernel/fragments.ts';
import { kernelSource } from './kernel-source.ts';
import type { KernelLab } from './tiny-kernel.ts';

/** Where clones built for tests are kept; nothing of a user's is in it. */
const cache = process.env['UTOPIA_TEST_BUILDS'] ?? join(homedir(), '.cache/utopia-test/kernels');

/** What a tiny kernel for x86 is not made of: other architectures, but for their Kconfig, which is read. */
const unneeded: readonly string[] = [
  ...['alpha', 'arc', 'arm', 'arm64', 'csky', 'hexagon', 'ia64', 'loongarch', 'm68k', 'microblaze'],
  ...['mips', 'nios2', 'openrisc', 'parisc', 'powerpc', 'riscv', 's390', 'sh', 'sparc', 'xtensa'],
].flatMap((name) => [`*/arch/${name}/*.[chS]`, `*/arch/${name}/*.dts*`]);
/** Kconfig and Makefile stay: others name them. */
const unbuilt: readonly string[] = [
  ...['drivers/gpu', 'drivers/media', 'drivers/staging', 'drivers/infiniband'],
  ...['drivers/net/wireless', 'drivers/net/ethernet', 'drivers/iio', 'drivers/hwmon', 'sound'],
  ...['drivers/clk', 'drivers/pinctrl', 'drivers/soc', 'fs/xfs', 'fs/btrfs'],
].map((folder) => `*/${folder}/*.[chS]`);
const texts: readonly string[] = [
  ...['*/Documentation/*.rst', '*/Documentation/*.txt', '*/Documentation/*.yaml'],
  ...['*/tools/testing/*', '*/tools/perf/*', '*/Documentation/*.svg'],
];

const settings = ['DUMMY=m', 'IKCONFIG=y', 'LOCALVERSION_AUTO=n'];

/** git without what its user has set, and with a name for commits. */
export function gitIn(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      ...{ GIT_AUTHOR_NAME: 'A Student', GIT_AUTHOR_EMAIL: 'student@example.org' },
      ...{ GIT_COMMITTER_NAME: 'A Student', GIT_COMMITTER_EMAIL: 'student@example.org' },
    },
  });
}

/** Commits all that has changed; gives the commit. */
export function commitIn(folder: string, subject: string): string {
  gitIn(folder, 'commit', '--quiet', '--all', '--message', subject);
  return gitIn(folder, 'rev-parse', 'HEAD').trim();
}

/** A clone to work in, gone after the test. */
export interface KernelWorkTree extends Disposable {
  readonly path: string;
}

/**
 * A git repository with one commit: Debian's source of Linux 6.1 without what a tiny kernel is not
 * made of, configured and built in its place by utopia. The first time that takes five minutes of
 * two processors, then a copy. It always has the same path, since make builds all anew in another
 * (objtool is named by its whole path): two runs at a time are refused.
 */
export async function kernelClone(lab: KernelLab): Promise<KernelWorkTree> {
  const source = kernelSource('bookworm');
  const key = createHash('sha256')
    // With the place: what is built there names it.
    .update(
      JSON.stringify([tinyFragment, machineFragment, settings, unneeded, unbuilt, texts, cache]),
    )
    .update(readFileSync(source))
    .digest('hex')
    .slice(0, 12);
  const kept = join(cache, `${key}-clone`);
  const work = join(cache, `${key}-clone-work`);
  takePlace(work);
  const dispose = (): void => rmSync(work, { recursive: true, force: true });
  try {
    const path = join(work, 'linux');
    if (!existsSync(kept)) {
      await makeClone(lab, source, path);
      const draft = join(cache, `.cloning-${process.pid}`);
      copyTree(path, draft);
      renameSync(draft, kept);
    } else copyTree(kept, path);
    return { path, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Makes the folder that says who works there; one of a run that is gone is removed. */
function takePlace(work: string): void {
  mkdirSync(cache, { recursive: true });
  const owner = join(work, 'owner');
  if (existsSync(work)) {
    const pid = existsSync(owner) ? readFileSync(owner, 'utf8') : '';
    if (/^\d+$/.test(pid) && existsSync(`/proc/${pid}`)) {
      throw new Error(`process ${pid} works in ${work}: one run at a time`);
    }
    rmSync(work, { recursive: true });
  }
  mkdirSync(work);
  writeFileSync(owner, String(process.pid));
}

function copyTree(from: string, to: string): void {
  execFileSync('cp', ['--archive', '--reflink=auto', from, to]);
}

async function makeClone(lab: KernelLab, source: string, tree: string): Promise<void> {
  mkdirSync(tree);
  const without = [...unneeded, ...unbuilt, ...texts].map((each) => `--exclude=${each}`);
  execFileSync('tar', ['-xf', source, '-C', tree, '--strip-components=1', ...without]);
  gitIn(tree, 'init', '--quiet', '--initial-branch=main');
  gitIn(tree, 'add', '--all', '--force');
  gitIn(tree, 'commit', '--quiet', '--message', 'Linux as Debian has it');
  const options = settings.flatMap((each) => ['--set', each]);
  for (const words of [
    ['config', tree, '--base', 'tiny', ...options],
    ['build', tree, '--name', 'clone'],
  ]) {
    const { status, stdout, stderr } = await lab.run('kernel', ...words);
    if (status !== 0) throw new Error(`utopia kernel ${words.join(' ')}: ${stdout}${stderr}`);
  }
}
