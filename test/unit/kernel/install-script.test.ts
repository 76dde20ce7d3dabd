import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  isRelease,
  probeScript,
  readGuestKernels,
  readMenu,
} from '../../../src/kernel/guest-kernels.ts';
import {
  commitScript,
  draftMenuScript,
  forgetOneShotScript,
  placeScript,
  removeScript,
  setVariablesScript,
  settleScript,
  takeMenuScript,
  undoScript,
} from '../../../src/kernel/install-script.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const place = { version: '6.1.192', initramfs: true, saveDefault: true };
const scripts = {
  probe: probeScript,
  place: placeScript(place),
  undo: undoScript,
  commit: commitScript({ saved_entry: "a>b'c" }, { next_entry: 'x' }),
  settle: settleScript({ saved_entry: 'a' }, true),
  forget: forgetOneShotScript,
  draft: draftMenuScript(true),
  take: takeMenuScript({}),
  set: setVariablesScript({ saved_entry: 'a' }),
  remove: removeScript('6.1.192'),
};

test.each(Object.entries(scripts))('dash takes the script that is to %s', (_name, script) => {
  execFileSync('sh', ['-n'], { input: script });
});

test('what a guest tells is read, and what was cut short is not', () => {
  const told = `@running 6.1.0-56-amd64
@boot 5f-1
@installed 6.1.0-56-amd64
@installed 6.1.192-tiny
@installed $(reboot)
@packaged 6.1.0-56-amd64
@has grub-mkconfig
@has depmod
@free-boot 1000
@free-modules 2000
@same yes
@initramfs 5000
@grub-fs ext2/ext3
@grub-device /dev/vda1
@grub-bytes 1024
@env saved_entry=a>b=c
@env utopia_previous=6.1.0-56-amd64
@wanted saved
@drop-ins yes
@config
set default="\${saved_entry}"
@running 1
`;
  expect(readGuestKernels(told)).toMatchObject({
    running: '6.1.0-56-amd64',
    installed: ['6.1.0-56-amd64', '6.1.192-tiny'],
    packaged: ['6.1.0-56-amd64'],
    freeBytes: { boot: 1_024_000, modules: 2_048_000, same: true },
    initramfsBytes: 5000,
    grubAt: { fileSystem: 'ext2/ext3', device: '/dev/vda1', bytes: 1024 },
    wantedDefault: 'saved',
    readsDropIns: true,
    hasConfig: true,
  });
  const kernels = readGuestKernels(told);
  expect(kernels?.environment.get('saved_entry')).toBe('a>b=c');
  expect(kernels?.menu.takesSavedEntry).toBe(true);
  expect(kernels?.menu.heedsOneShot).toBe(false);
  expect(readGuestKernels(told.replace('@running 6.1.0-56-amd64\n', ''))?.running).toBeUndefined();
  expect(readGuestKernels('')).toBeUndefined();
  expect(readMenu('no menu').entries).toEqual([]);
});

test.each([
  ['6.1.0-56-amd64', true],
  ['6.12.3+', true],
  ['6.6.0-rc1~x', true],
  ['../x', false],
  ["6'", false],
  ['6 1', false],
  ['', false],
  ['x'.repeat(101), false],
])('%j is a release: %s', (text, is) => {
  expect(isRelease(text)).toBe(is);
});

/** A guest in a folder: the scripts' absolute paths lead there, and its programs are stand-ins. */
function guestIn(folder: string) {
  const bin = join(folder, 'bin');
  for (const each of ['boot/grub', 'lib/modules', 'etc/default/grub.d', 'var', 'bin'])
    mkdirSync(join(folder, each), { recursive: true });
  const program = (name: string, text: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('depmod', 'exit 0');
  program('sync', 'exit 0');
  program('update-initramfs', `echo made >"${folder}/boot/initrd.img-$3"`);
  program('grub-mkconfig', 'echo "set menu=1" >"$2"');
  program('grub-script-check', 'exit 0');
  program('grub-editenv', `echo "$@" >>"${folder}/edits"`);
  const run = (script: string, input: string | Buffer = ''): number => {
    const text = script.replaceAll(/(?<![\w.$])\/(boot|lib|etc|var)\b/g, `${folder}/$1`);
    try {
      execFileSync('sh', ['-c', text], {
        input,
        env: { PATH: `${bin}:${process.env['PATH']}` },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  const all = (): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/^(?:bin|kernel)\b|^edits$/.test(name))
      .toSorted();
  return { run, all, program };
}

function archive(folder: string, image: string): Buffer {
  const from = join(folder, 'kernel');
  for (const each of ['boot', 'modules/kernel']) mkdirSync(join(from, each), { recursive: true });
  writeFileSync(join(from, 'boot/vmlinuz'), image);
  writeFileSync(join(from, 'boot/config'), 'CONFIG_X=y\n');
  writeFileSync(join(from, 'modules/kernel/x.ko'), 'module');
  return execFileSync('tar', ['-C', from, '-cf', '-', 'boot', 'modules']);
}

describe('in a folder that stands for a guest', () => {
  test('a kernel is placed, and taken away as if it had never been there', () => {
    using folder = temporaryFolder();
    const guest = guestIn(folder.path);
    writeFileSync(join(folder.path, 'boot/grub/grub.cfg'), 'old menu\n');
    const before = guest.all();
    expect(guest.run(placeScript(place), archive(folder.path, 'new'))).toBe(0);
    expect(readFileSync(join(folder.path, 'boot/vmlinuz-6.1.192'), 'utf8')).toBe('new');
    expect(existsSync(join(folder.path, 'lib/modules/6.1.192/kernel/x.ko'))).toBe(true);
    expect(existsSync(join(folder.path, 'boot/initrd.img-6.1.192'))).toBe(true);
    expect(readFileSync(join(folder.path, 'boot/grub/grub.cfg'), 'utf8')).toBe('old menu\n');
    expect(guest.run(undoScript)).toBe(0);
    expect(guest.all()).toEqual(before);
  });

  test.each(['depmod', 'update-initramfs', 'grub-mkconfig'])(
    'a %s that fails leaves the guest as it was, and a version that was there',
    (name) => {
      using folder = temporaryFolder();
      const guest = guestIn(folder.path);
      expect(guest.run(placeScript(place), archive(folder.path, 'first'))).toBe(0);
      expect(guest.run(commitScript({}, {}), 'entry\n')).toBe(0);
      const before = guest.all();
      guest.program(name, 'exit 1');
      expect(guest.run(placeScript(place), archive(folder.path, 'second'))).not.toBe(0);
      expect(guest.all()).toEqual(before);
      expect(readFileSync(join(folder.path, 'boot/vmlinuz-6.1.192'), 'utf8')).toBe('first');
    },
  );

  test('an archive that is cut short places nothing', () => {
    using folder = temporaryFolder();
    const guest = guestIn(folder.path);
    const before = guest.all();
    const whole = archive(folder.path, 'x'.repeat(100_000));
    expect(guest.run(placeScript(place), whole.subarray(0, 60_000))).not.toBe(0);
    expect(guest.all()).toEqual(before);
  });

  test('the menu is replaced with the default named before, and the entry for one boot behind', () => {
    using folder = temporaryFolder();
    const guest = guestIn(folder.path);
    expect(guest.run(placeScript(place), archive(folder.path, 'new'))).toBe(0);
    const commit = commitScript({ saved_entry: 'a>b' }, { next_entry: 'try' });
    expect(guest.run(commit, 'menuentry\n')).toBe(0);
    expect(readFileSync(join(folder.path, 'boot/grub/grub.cfg'), 'utf8')).toBe(
      'set menu=1\nmenuentry\n',
    );
    const edits = readFileSync(join(folder.path, 'edits'), 'utf8').split('\n');
    expect(
      edits.filter((line) => line.includes(' set ')).map((line) => line.split(' set ')[1]),
    ).toEqual(['saved_entry=a>b', 'next_entry=try']);
    expect(guest.all().filter((name) => name.includes('.utopia'))).toEqual([]);
  });

  test('a version is removed with all that is of it, and no other', () => {
    using folder = temporaryFolder();
    const guest = guestIn(folder.path);
    writeFileSync(join(folder.path, 'boot/vmlinuz-6.1.1920'), 'other');
    expect(guest.run(placeScript(place), archive(folder.path, 'new'))).toBe(0);
    expect(guest.run(commitScript({}, {}), '')).toBe(0);
    expect(guest.run(removeScript('6.1.192'))).toBe(0);
    expect(guest.all().filter((name) => name.includes('6.1.192'))).toEqual([
      'boot/vmlinuz-6.1.1920',
    ]);
  });
});
