import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openApt } from './private-apt.ts';

/** Debian's kernels for which tests take the source. */
export const debianKernels = { bullseye: '5.10', bookworm: '6.1', trixie: '6.12' } as const;
export type DebianSuite = keyof typeof debianKernels;

/** Where sources are kept for tests; nothing of a user's is in it. */
const cache =
  process.env['UTOPIA_TEST_KERNELS'] ?? join(homedir(), '.cache/utopia-test/kernel-sources');

/**
 * The packed source of a suite's kernel, `linux-source-VERSION.tar.xz`, as its package
 * puts it into /usr/src. It is fetched when it is not there yet, by an apt with sources
 * and lists of its own: this host's are neither read nor changed.
 */
export function kernelSource(suite: DebianSuite): string {
  const name = `linux-source-${debianKernels[suite]}`;
  const file = join(cache, `${name}.tar.xz`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.fetching-'));
  try {
    mkdirSync(join(work, 'root'));
    const apt = openApt(work, suite, 'deb');
    apt('download', name);
    const packageFile = readdirSync(work).find((each) => each.endsWith('.deb')) ?? '';
    execFileSync('dpkg-deb', ['-x', join(work, packageFile), join(work, 'root')]);
    renameSync(join(work, 'root/usr/src', `${name}.tar.xz`), file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}
