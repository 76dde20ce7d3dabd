import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { startSourceMirror } from '../support/source-mirror.ts';
import { makeStandInKernel, writeIn } from '../support/stand-in-kernel.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('xz');

/** An archive as kernel.org has it, of a small source. */
function pack(folder: string, top = 'linux-6.1.99', ...more: readonly string[]): Buffer {
  if (!existsSync(join(folder, top))) {
    mkdirSync(join(folder, top));
    makeStandInKernel(join(folder, top));
    // What comes before a cut is received in pieces.
    writeIn(join(folder, top), 'noise', randomBytes(300_000));
  }
  const args = ['--create', '--use-compress-program=xz -0', '-C', folder, top, ...more];
  return execFileSync('tar', args, { maxBuffer: 1 << 26 });
}

function sum(archive: Buffer, name = 'linux-6.1.99.tar.xz'): Buffer {
  return Buffer.from(`${createHash('sha256').update(archive).digest('hex')}  ${name}\n`);
}

const index = Buffer.from('{"latest_stable": {"version": "6.1.99"}, "releases": []}');

test('the newest stable release is fetched, compared, unpacked; a cut is gone on from', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const archive = pack(folder.path);
  await using mirror = await startSourceMirror({
    ...{ 'releases.json': index, 'v6.x/linux-6.1.99.tar.xz': archive },
    'v6.x/sha256sums.asc': sum(archive),
  });
  mirror.cutAt = 200_000;
  const got = await lab.run('kernel', 'get', '--from', mirror.url, '--json');
  const path = join(lab.folder, 'linux-6.1.99');
  expect(got).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(got.stdout)).toEqual({
    ...{ schema: 1, path, version: '6.1.99', from: `${mirror.url}v6.x/linux-6.1.99.tar.xz` },
    sha256: createHash('sha256').update(archive).digest('hex'),
    ...{ verified: true, signature: 'not signed' },
  });
  expect(mirror.starts).toHaveLength(2);
  expect(mirror.starts[1]).toBeGreaterThan(0);
  expect(readFileSync(join(path, 'init/main.c'), 'utf8')).toContain('int main');
  expect(readdirSync(join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/sources'))).toEqual([]);
  // Never over what is there, and without asking the server for it.
  const again = await lab.run('kernel', 'get', '6.1.99', '--from', mirror.url);
  expect(again).toMatchObject({ status: 73 });
  expect(mirror.starts).toHaveLength(2);
  const elsewhere = await lab.run('kernel', 'get', 'v6.1.99', 'mine', '--from', mirror.url);
  // The folder of these tests has a blank in its path: said before it is fetched, not when it is built.
  expect(elsewhere.stderr).toContain('make takes no path with a blank or a colon');
  expect(elsewhere.stdout).toContain(
    `${join(lab.folder, 'mine')}\n  Linux 6.1.99; its checksum is`,
  );
});

test('an archive with another checksum, or that nobody lists, is not unpacked', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const archive = pack(folder.path);
  await using mirror = await startSourceMirror({
    ...{ 'v6.x/linux-6.1.99.tar.xz': archive, 'v6.x/linux-6.1.98.tar.xz': archive },
    'v6.x/sha256sums.asc': sum(Buffer.from('another')),
  });
  for (const version of ['6.1.99', '6.1.98', '6.1.97']) {
    const got = await lab.run('kernel', 'get', version, '--from', mirror.url);
    expect(got).toMatchObject({ status: 69, stdout: '' });
  }
  expect((await lab.run('kernel', 'get', '--from', mirror.url)).stderr).toContain('Name a version');
  expect((await lab.run('kernel', 'get', 'six')).status).toBe(64);
  const url = `${mirror.url}v6.x/linux-6.1.98.tar.xz`;
  const unlisted = await lab.run('kernel', 'get', url);
  expect(unlisted.stdout).toContain('nobody lists its checksum: sha256 ');
  const given = await lab.run('kernel', 'get', url, 'other', '--sha256', 'ab'.repeat(32));
  expect(given).toMatchObject({ status: 69 });
  expect(readdirSync(lab.folder).toSorted()).toEqual(['linux-6.1.99', 'utopia.config']);
});

test('an archive that is no kernel, or leads out of its folder, leaves nothing', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  pack(folder.path);
  const tree = join(folder.path, 'linux-6.1.99');
  mkdirSync(join(folder.path, 'beside'));
  symlinkSync('../..', join(tree, 'up'));
  const files: Record<string, Buffer> = {};
  await using mirror = await startSourceMirror(files);
  const get = async (archive: Buffer): Promise<string> => {
    files['linux.tar.xz'] = archive;
    const { status, stderr } = await lab.run('kernel', 'get', `${mirror.url}linux.tar.xz`);
    return `${status} ${stderr}`;
  };
  expect(await get(pack(folder.path))).toMatch(/^69 .*"linux-6\.1\.99\/up" leads out/s);
  rmSync(join(tree, 'up'));
  expect(await get(pack(folder.path, 'linux-6.1.99', 'beside'))).toMatch(/^69 .*lies beside/s);
  expect(await get(pack(folder.path, 'linux-6.1.99', '--transform', 's,init,../init,'))).toMatch(
    /^69 .*leads out of it/s,
  );
  expect(await get(pack(folder.path, 'beside'))).toMatch(/^69 .*no kernel tree/s);
  expect(await get(pack(folder.path).subarray(0, 400))).toMatch(/^69 .*damaged or cut off/s);
  expect(readdirSync(lab.folder)).toEqual(['utopia.config']);
});
