import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const checkout = join(import.meta.dirname, '../..');

/** Why a commit of before cannot be built here, such as in a shallow clone; undefined when it can. */
export function missingCommit(commit: string): string | undefined {
  const asked = spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: checkout });
  return asked.status === 0
    ? undefined
    : `commit ${commit} is not in this clone (git fetch --unshallow)`;
}

/**
 * Builds the tarball that `npm pack` made of a commit, with this checkout's
 * packages, in a new folder `source` of `folder`. Returns the tarball's path.
 */
export function packCommit(commit: string, folder: string): string {
  const source = join(folder, 'source');
  mkdirSync(source);
  const archive = execFileSync('git', ['archive', commit], { cwd: checkout, maxBuffer: 1 << 28 });
  execFileSync('tar', ['-xf', '-'], { cwd: source, input: archive });
  symlinkSync(join(checkout, 'node_modules'), join(source, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: source, stdio: 'ignore' });
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: source,
    stdio: 'ignore',
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
}

/**
 * Puts a tarball's program into `folder`/installed, in the place of what was
 * there, as `npm install` does. Returns the path of its utopia.js.
 */
export function install(tarball: string, folder: string): string {
  const installed = join(folder, 'installed');
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed);
  execFileSync('tar', ['-xf', tarball, '-C', installed, '--strip-components=1']);
  return join(installed, 'bin/utopia.js');
}
