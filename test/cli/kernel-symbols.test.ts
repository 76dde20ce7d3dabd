import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { startSourceMirror } from '../support/source-mirror.ts';

// apt is a stand-in that offers a small package of a local server; a real archive is in test/slow.
needsOfHost('qemu', 'debian-source', 'debian-keys');

const release = '6.1.0-57-amd64';

/** A debug package in which these files lie. */
function makePackage(folder: string, files: Readonly<Record<string, string | Buffer>>): Buffer {
  const root = join(folder, 'package');
  for (const [name, text] of Object.entries({
    'DEBIAN/control':
      'Package: x-dbg\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@x>\nDescription: x\n',
    ...files,
  })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const file = join(folder, 'x.deb');
  execFileSync('dpkg-deb', ['--build', '-Zxz', root, file], { stdio: 'ignore' });
  return readFileSync(file);
}

/** Puts an apt-get into the lab's PATH that offers this, and writes down how it was called. */
function offer(lab: Lab, line: string): string {
  const bin = join(lab.env['HOME'] ?? '', 'bin');
  mkdirSync(bin, { recursive: true });
  const seen = join(bin, 'seen');
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${seen}'\ncase "$*" in *print-uris*) printf '%s\\n' "${line}" ;; esac\n`;
  writeFileSync(join(bin, 'apt-get'), script);
  chmodSync(join(bin, 'apt-get'), 0o755);
  lab.env['PATH'] = `${bin}:${process.env['PATH']}`;
  return seen;
}

const name = 'linux-image-6.1.0-57-amd64-dbg_6.1.192-3_amd64.deb';

test('symbols are asked about, fetched, compared, and kept where gdb finds them', async () => {
  await using lab = await makeLab({});
  const symbols = readFileSync('/bin/true');
  const inside = `usr/lib/debug/boot/vmlinux-${release}`;
  const deb = makePackage(dirname(lab.folder), { [inside]: symbols, 'usr/lib/debug/x.ko': 'x' });
  await using mirror = await startSourceMirror({ [name]: deb });
  const sum = createHash('sha256').update(deb).digest('hex');
  const seen = offer(lab, `'${mirror.url}${name}' ${name} ${deb.length} SHA256:${sum}`);
  const kept = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/symbols');

  const unasked = await lab.run('kernel', 'symbols', release);
  expect(unasked).toMatchObject({ status: 69 });
  expect(unasked.stderr).toContain('--yes');
  expect(readdirSync(kept)).toEqual([]);

  const fetched = await lab.run('kernel', 'symbols', release, '--yes', '--json');
  expect(fetched, fetched.stderr).toMatchObject({ status: 0 });
  const path = join(kept, release, 'vmlinux');
  expect(JSON.parse(fetched.stdout)).toMatchObject({ schema: 1, release, path, fetched: true });
  expect(readFileSync(path).equals(symbols)).toBe(true);
  expect(readdirSync(kept)).toEqual([release]);
  expect(readdirSync(join(kept, release))).toEqual(['vmlinux']);
  // No file of this host's apt.
  for (const line of readFileSync(seen, 'utf8').trim().split('\n'))
    expect(line).toMatch(/Dir::Etc::sourceparts=\/dev\/null.* Dir::State::lists=/);

  const again = await lab.run('kernel', 'symbols', release);
  expect(again).toMatchObject({ status: 0 });
  expect(again.stdout).toContain('there already');

  // Cut short, they are none.
  truncateSync(path, 100);
  const mended = await lab.run('kernel', 'symbols', release, '--yes', '--json');
  expect(JSON.parse(mended.stdout), mended.stderr).toMatchObject({ fetched: true });
  expect(readFileSync(path).equals(symbols)).toBe(true);
});

test.each([
  ['another checksum', 'b'.repeat(64), 'checksum'],
  ['no symbols', undefined, 'has no vmlinux'],
])('a package with %s leaves nothing behind', async (_what, wrong, words) => {
  await using lab = await makeLab({});
  const deb = makePackage(dirname(lab.folder), { 'usr/lib/debug/x.ko': 'x' });
  await using mirror = await startSourceMirror({ [name]: deb });
  const sum = wrong ?? createHash('sha256').update(deb).digest('hex');
  offer(lab, `'${mirror.url}${name}' ${name} ${deb.length} SHA256:${sum}`);
  const { status, stderr } = await lab.run('kernel', 'symbols', release, '--yes');
  expect(status).toBe(69);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(words);
  const kept = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/symbols');
  expect(existsSync(join(kept, release))).toBe(false);
  expect(readdirSync(kept).filter((each) => !each.endsWith('.part'))).toEqual([]);
});

test('what Debian has no more, and what is no kernel of its, is said', async () => {
  await using lab = await makeLab({});
  offer(lab, '');
  const gone = await lab.run('kernel', 'symbols', release, '--yes');
  expect(gone).toMatchObject({ status: 69 });
  expect(gone.stderr.replaceAll(/\s+/g, ' ')).toContain('bookworm of Debian has no linux-image');
  const strange = await lab.run('kernel', 'symbols', '../../x', '--yes');
  expect(strange).toMatchObject({ status: 69 });
  expect(strange.stderr).toContain('no kernel of Debian');
});
