import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost, needsOfTest } from '../support/requirements.ts';
import { startSourceMirror } from '../support/source-mirror.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('xz');

/** An archive as download.qemu.org has it, of what `utopia qemu` takes for QEMU's source. */
function pack(folder: string, version = '9.2.0', packer = 'xz -0'): Buffer {
  const top = `qemu-${version}`;
  const tree = join(folder, top);
  if (!existsSync(tree)) {
    for (const name of ['hw', 'pc-bios']) mkdirSync(join(tree, name), { recursive: true });
    for (const name of ['configure', 'Makefile', 'qemu-options.hx']) {
      writeFileSync(join(tree, name), '');
    }
    writeFileSync(join(tree, 'VERSION'), `${version}\n`);
    // What comes before a cut is received in pieces.
    writeFileSync(join(tree, 'noise'), randomBytes(300_000));
  }
  return execFileSync('tar', ['--create', `--use-compress-program=${packer}`, '-C', folder, top], {
    maxBuffer: 1 << 26,
  });
}

function listing(...names: readonly string[]): Buffer {
  const rows = names.map((name) => `<a href="${name}">${name}</a>  17-Apr-2026  130M`);
  return Buffer.from(`<html><body>\n${rows.join('\n')}\n</body></html>\n`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const releases = listing(
  ...['qemu-9.10.0-rc1.tar.xz', 'qemu-9.2.0.tar.xz', 'qemu-9.2.0.tar.xz.sig'],
  ...['qemu-2.0.0.tar.bz2', 'qemu-8.0.5.tar.xz', 'qemu-w64-setup-20260417.exe'],
);

test('the newest stable release is fetched and unpacked; a cut is gone on from', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const archive = pack(folder.path);
  await using mirror = await startSourceMirror({ '': releases, 'qemu-9.2.0.tar.xz': archive });
  mirror.cutAt = 200_000;
  const got = await lab.run('qemu', 'get', '--from', mirror.url, '--json');
  const path = join(lab.folder, 'qemu-9.2.0');
  expect(got).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(got.stdout)).toEqual({
    ...{ schema: 1, path, version: '9.2.0', from: `${mirror.url}qemu-9.2.0.tar.xz` },
    ...{ sha256: sha256(archive), verified: false, signature: 'not signed' },
  });
  expect(mirror.starts).toHaveLength(2);
  expect(mirror.starts[1]).toBeGreaterThan(0);
  expect(existsSync(join(path, 'configure'))).toBe(true);
  expect(readdirSync(join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/sources'))).toEqual([]);
  // Never over what is there, and without asking the server for it.
  expect(await lab.run('qemu', 'get', '9.2', '--from', mirror.url)).toMatchObject({ status: 73 });
  expect(mirror.starts).toHaveLength(2);
  const sum = ['--sha256', sha256(archive)];
  const mine = await lab.run('qemu', 'get', 'v9.2.0', 'mine', '--from', mirror.url, ...sum);
  expect(mine.stdout).toBe(
    `${join(lab.folder, 'mine')}\n  QEMU 9.2.0; its checksum is the given one\n` +
      '  not signed\n  next  utopia qemu build ./mine\n',
  );
});

test('an old release is packed with bzip2, and a mirror need not list what it has', async (context) => {
  needsOfTest(context, 'bzip2');
  using folder = temporaryFolder();
  await using lab = await makeLab();
  await using mirror = await startSourceMirror({
    '': releases,
    'qemu-2.0.0.tar.bz2': pack(folder.path, '2.0.0', 'bzip2'),
    'sub/qemu-7.2.0.tar.xz': pack(folder.path, '7.2.0'),
  });
  const old = await lab.run('qemu', 'get', '2.0', '--from', mirror.url);
  expect(old.stdout).toContain('  QEMU 2.0.0; not verified\n  sha256 ');
  const unlisted = await lab.run('qemu', 'get', '7.2', '--from', `${mirror.url}sub`);
  expect(unlisted).toMatchObject({ status: 0 });
  expect(readdirSync(lab.folder).toSorted()).toEqual([
    ...['qemu-2.0.0', 'qemu-7.2.0', 'utopia.config'],
  ]);
});

test('what is not there, or no source of QEMU, is said and leaves nothing', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  mkdirSync(join(folder.path, 'qemu-9.9.9'));
  const files: Record<string, Buffer> = { '': releases };
  await using mirror = await startSourceMirror(files);
  const get = async (...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await lab.run('qemu', 'get', ...words, '--from', mirror.url);
    return `${status} ${stderr}`;
  };
  expect(await get('9.2.7')).toMatch(/^69 .*no release 9\.2\.7.*of 9\.2: utopia qemu get 9\.2\.0/s);
  expect(await get('7.7')).toMatch(/^69 .*no release 7\.7.*of all: utopia qemu get 9\.2\.0/s);
  expect(await get('nine')).toMatch(/^64 .*no version/s);
  expect(await get(`${mirror.url}qemu.zip`)).toMatch(/^64 .*not the address/s);
  expect(await get()).toMatch(/^69 .*qemu-9\.2\.0\.tar\.xz/s);
  files['qemu-9.2.0.tar.xz'] = pack(folder.path, '9.9.9');
  expect(await get()).toMatch(
    /^69 .*The archive's qemu-9\.9\.9 is no source of QEMU: configure is missing/s,
  );
  files['qemu-9.2.0.tar.xz'] = pack(folder.path).subarray(0, 400);
  expect(await get()).toMatch(/^69 .*damaged or cut off/s);
  files[''] = listing('nothing.txt');
  expect(await get()).toMatch(/^69 .*lists no release.*Name a version/s);
  expect(await get('9.2.0', 'there', '--sha256', 'ab'.repeat(32))).toMatch(/^69 .*checksum/s);
  expect(readdirSync(lab.folder)).toEqual(['utopia.config']);
});

test('the signature is looked at with the user’s gpg, and a wrong one is refused', async (context) => {
  needsOfTest(context, 'gpg');
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const keys = gpgHome(folder.path, 'keys');
  const archive = pack(folder.path);
  writeFileSync(join(folder.path, 'archive'), archive);
  const make = ['--quick-generate-key', 'Lab <lab@example.org>', 'ed25519', 'sign', 'never'];
  gpg(keys, '--passphrase', '', ...make);
  gpg(keys, '--detach-sign', join(folder.path, 'archive'));
  const signature = execFileSync('cat', [join(folder.path, 'archive.sig')]);
  await using mirror = await startSourceMirror({
    ...{ '': releases, 'qemu-9.2.0.tar.xz': archive, 'qemu-9.2.0.tar.xz.sig': signature },
    'qemu-8.0.5.tar.xz': pack(folder.path, '8.0.5'),
    'qemu-8.0.5.tar.xz.sig': signature,
  });
  const get = async (home: string, ...words: readonly string[]): ReturnType<Lab['run']> => {
    lab.env['GNUPGHOME'] = home;
    return await lab.run('qemu', 'get', ...words, '--from', mirror.url);
  };
  const signed = await get(keys);
  expect(signed.stdout).toContain('  QEMU 9.2.0; its signature is right\n');
  expect(signed.stdout).toContain('  signed by Lab <lab@example.org>\n');
  const unknown = await get(gpgHome(folder.path, 'none'), '9.2.0', 'unknown');
  expect(unknown.stdout).toMatch(/not verified\n.*signature not checked: gpg has no key/s);
  expect(await get(keys, '8.0.5')).toMatchObject({ status: 69, stdout: '' });
  for (const home of ['keys', 'none']) {
    execFileSync('gpgconf', ['--homedir', join(folder.path, home), '--kill', 'all']);
  }
  expect(readdirSync(lab.folder)).not.toContain('qemu-8.0.5');
});

function gpgHome(folder: string, name: string): string {
  const home = join(folder, name);
  mkdirSync(home, { mode: 0o700 });
  return home;
}

function gpg(home: string, ...words: readonly string[]): void {
  execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...words], { stdio: 'pipe' });
}
