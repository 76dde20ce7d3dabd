import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { laidPaths } from '../../src/image/debian/bootstrap.ts';
import { partitionStartBytes } from '../../src/image/debian/disk.ts';
import { rootSpec } from '../../src/image/debian/root-spec.ts';
import { needsOfHost, needsOfTest } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('image-tools');

const program = join(import.meta.dirname, '../../bin/utopia.js');

function buildCommand(folder: string, ...args: readonly string[]): readonly string[] {
  return [program, '-C', folder, 'image', 'build', '--profile', 'minimal', '-o', 'x.raw', ...args];
}

test('a mirror that does not answer: the tool’s words, and nothing is left', () => {
  using folder = temporaryFolder();
  const work = join(folder.path, 'work');
  mkdirSync(work);
  chmodSync(folder.path, 0o755);
  const mirror = ['--mirror', 'http://127.0.0.1:9/debian'];
  const built = spawnSync(process.execPath, buildCommand(folder.path, ...mirror), {
    env: { ...process.env, TMPDIR: work },
    encoding: 'utf8',
  });
  expect(built.status).toBe(69);
  expect(built.stderr).toContain('mmdebstrap failed');
  expect(built.stderr).toContain('127.0.0.1');
  expect(readdirSync(work)).toEqual([]);
  expect(readdirSync(folder.path)).toEqual(['work']);
});

test('Ctrl-C in the middle: status 130, nothing is left; what a kill leaves, the next build removes', async () => {
  using folder = temporaryFolder();
  const work = join(folder.path, 'work');
  mkdirSync(work);
  chmodSync(folder.path, 0o755);
  const env = { ...process.env, TMPDIR: work };
  const start = async (): Promise<ReturnType<typeof spawn>> => {
    const child = spawn(process.execPath, buildCommand(folder.path), { env, stdio: 'ignore' });
    // The tree appears when mmdebstrap has begun.
    while (!readdirSync(work).some((name) => readdirSync(join(work, name)).includes('root'))) {
      await sleep(50);
    }
    return child;
  };

  const killed = await start();
  const killedEnd = once(killed, 'close');
  killed.kill('SIGKILL');
  await killedEnd;
  const [leftBehind = ''] = readdirSync(work);
  expect(leftBehind).toMatch(/^utopia-build-/);

  const interrupted = spawn(process.execPath, buildCommand(folder.path), { env, stdio: 'ignore' });
  const interruptedEnd = once(interrupted, 'close');
  while (readdirSync(work).includes(leftBehind) || readdirSync(work).length === 0) await sleep(50);
  interrupted.kill('SIGINT');
  expect((await interruptedEnd)[0]).toBe(130);
  expect(readdirSync(work)).toEqual([]);
  expect(readdirSync(folder.path)).toEqual(['work']);
});

test('a user without root builds in a private folder with Greek letters and blanks', (context) => {
  needsOfTest(context, 'root', 'mount-namespaces', 'uidmap');
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  const home = join(folder.path, 'το σπίτι μου');
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, studentId, studentId);
  // An account that only the mount namespace of this command knows.
  const passwd = join(folder.path, 'passwd');
  const account = `student:x:${studentId}:${studentId}::${home}:/bin/sh\n`;
  writeFileSync(passwd, readFileSync('/etc/passwd', 'utf8') + account);
  const ids = join(folder.path, 'ids');
  writeFileSync(ids, 'student:200000:65536\n');
  const script = `set -e
mount --bind "$1" /etc/passwd; mount --bind "$2" /etc/subuid; mount --bind "$2" /etc/subgid
shift 2; cd "$HOME"
exec setpriv --reuid=${studentId} --regid=${studentId} --clear-groups "$@"`;
  // The boot at a build's end is test/slow/image-verify.test.ts.
  const command = buildCommand(home, '--no-verify');
  const built = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', script, 'sh', passwd, ids, process.execPath, ...command],
    { env: { PATH: process.env['PATH'], HOME: home }, encoding: 'utf8' },
  );
  expect(built.status, built.stderr).toBe(0);
  const image = statSync(join(home, 'x.raw'));
  expect(image.uid).toBe(studentId);
  expect(image.mode & 0o777).toBe(0o444);
  expect(image.blocks * 512).toBeLessThan(1.5e9);
  expect(notOfRoot(join(home, 'x.raw'))).toEqual([]);
  // Besides the image only what makes the next run start sooner.
  const made = readdirSync(home).filter((name) => name !== '.cache');
  expect(made.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['x.raw', 'x.raw.json']);
  expect(readdirSync(join(home, '.cache/utopia'))).toEqual(['compiled']);
});

const studentId = 54_321;

/** Files that we lay into an image, and folders on the way to them, that do not belong to its root. */
function notOfRoot(image: string): string[] {
  const paths = laidPaths(rootSpec('minimal'));
  const questions = paths.map((path) => `stat ${path}`).join('\n');
  const { stdout } = spawnSync('debugfs', ['-f', '-', `${image}?offset=${partitionStartBytes}`], {
    input: questions,
    encoding: 'utf8',
  });
  const owners = [...stdout.matchAll(/^User: +(\d+) +Group: +(\d+)/gm)];
  expect(owners).toHaveLength(paths.length);
  return paths.filter((_path, index) => owners[index]?.slice(1).join(':') !== '0:0');
}
