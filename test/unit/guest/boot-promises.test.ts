import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withPromises } from '../../../scripts/write-docs.ts';
import { bootPromises } from '../../../src/guest/boot-promises.ts';
import {
  brokenPromises,
  isConsoleDone,
  promisesOf,
  promisesScript,
  readAnswers,
} from '../../../src/guest/judge-boot.ts';
import type { ImageProfile } from '../../../src/image/debian/profile.ts';

/** What a guest that boots right says: taken from one of Debian 13, lab; the desktop's from one of Debian 12. */
const right: Readonly<Record<string, string>> = {
  'no-failed-unit': 'running',
  'no-ordering-cycle': '',
  address: '2: ens3    inet 10.0.2.15/24 metric 1024 brd 10.0.2.255 scope global dynamic ens3',
  'root-disk': '/dev/vda1 ext4',
  'tmp-on-disk': 'ext4',
  'disk-links': '/dev/vda1\n1',
  'kernel-settings': '7\t4\t1\t7\n0\n1',
  'console-warnings': '',
  'serial-login': 'active',
  'screen-login': 'active\ntty1',
  'screen-greeter': 'active\ngreeter\n1',
  'remote-desktop': 'active\nasked',
  accounts: 'root\n0',
  'host-keys': 'ED25519)\nECDSA)\n1',
  'ssh-penalties': 'persourcepenalties no',
  share: '1',
  modules: '1',
  'panic-device': '1',
  'power-button': 'active\nactive\n1',
  'boot-menu': 'dkms\ninitramfs-tools\nzz-update-grub\nmenu',
  headers: '/lib/modules/6.12.118+deb13-amd64/build/Makefile\n14\nGNU Make 4.4.1',
};
const rightConsole =
  '[  OK  ] Reached target multi-user.target\nutopia login: [ 60.1] utopia: a warning for the console\n';

function brokenWith(
  wrong: Readonly<Record<string, string>>,
  consoleText = rightConsole,
  profile: ImageProfile = 'lab',
) {
  const answers = new Map(Object.entries({ ...right, ...wrong }));
  return brokenPromises(promisesOf(profile), answers, consoleText).map(({ promise }) => promise.id);
}

test('each promise has an id of its own, a sentence, and a next step', () => {
  expect(new Set(bootPromises.map(({ id }) => id)).size).toBe(bootPromises.length);
  for (const { id, promise, next } of bootPromises) {
    expect(id).toMatch(/^[a-z-]+$/);
    expect(promise).not.toMatch(/\.$/);
    expect(next).toMatch(/\.$/);
  }
  expect(Object.keys(right).toSorted()).toEqual(bootPromises.map(({ id }) => id).toSorted());
});

describe('a boot is right', () => {
  test('when all answers are as expected', () => expect(brokenWith({})).toEqual([]));

  test.each([
    ['no-failed-unit', 'degraded\nsystemd-sysctl.service loaded failed failed Apply Kernel'],
    ['no-failed-unit', 'starting\n12 utopia-devices.service start running'],
    ['no-ordering-cycle', 'sysinit.target: Found ordering cycle on ssh.service/start'],
    ['address', ''],
    ['tmp-on-disk', 'tmpfs'],
    ['disk-links', '/dev/vda1\n0'],
    ['disk-links', '/dev/disk/by-label/utopia'],
    ['kernel-settings', '4\t4\t1\t7\n1\n438'],
    ['share', '0'],
    ['screen-login', 'failed\ntty1'],
    ['screen-login', 'active\ntty7'],
    ['share', "ls: cannot access '/home/user/shared/': No such device\n0"],
    ['modules', 'modprobe: FATAL: Module dummy not found'],
    ['power-button', 'inactive\nactive\n1'],
    ['power-button', 'active\nactive\n0'],
    ['boot-menu', 'initramfs-tools\nzz-update-grub\nerror: syntax error'],
    ['host-keys', 'ED25519)\n1'],
    ['ssh-penalties', 'persourcepenalties crash:90 authfail:5 noauth:1'],
  ])('not, when %s is answered with %j', (id, answer) =>
    expect(brokenWith({ [id]: answer })).toEqual([id]),
  );

  test('of a desktop, with a greeter on the screen, not a text login', () => {
    const screen = { 'screen-login': 'active\ntty7' };
    expect(brokenWith(screen, rightConsole, 'desktop')).toEqual([]);
    const ids = promisesOf('desktop').map(({ id }) => id);
    expect(ids.filter((id) => /screen|remote/.test(id))).toEqual([
      'screen-greeter',
      'remote-desktop',
    ]);
  });

  test.each([
    // The display manager has failed, starts over, or has logged somebody in; the greeter has not come.
    ['screen-greeter', 'failed\nuser\n0'],
    ['screen-greeter', 'activating\n\n0'],
    ['screen-greeter', 'active\nuser\n0'],
    ['screen-greeter', 'active\ngreeter\n0'],
    ['remote-desktop', 'inactive\nasked'],
    ['remote-desktop', 'active\nDBI connect failed: unable to open database file'],
  ])('of a desktop not, when %s is answered with %j', (id, answer) =>
    expect(brokenWith({ [id]: answer }, rightConsole, 'desktop')).toEqual([id]),
  );

  test('not, when a question has no answer, and headers are the lab’s', () => {
    const answers = new Map(Object.entries(right));
    answers.delete('headers');
    expect(brokenPromises(promisesOf('lab'), answers, rightConsole)).toHaveLength(1);
    expect(brokenPromises(promisesOf('minimal'), answers, rightConsole)).toEqual([]);
  });

  test('not, when the console lacks the login or the warning', () => {
    expect(brokenWith({}, '')).toEqual(['console-warnings', 'serial-login']);
    expect(isConsoleDone(promisesOf('lab'), '')).toBe(false);
    expect(isConsoleDone(promisesOf('lab'), rightConsole)).toBe(true);
  });

  test.each([
    '[\u001B[0;1;31m SKIP \u001B[0m] Ordering cycle found, skipping ssh.service',
    '[\u001B[0;1;31mFAILED\u001B[0m] Failed to start systemd-sysctl.service',
    '[\u001B[0;1;33mDEPEND\u001B[0m] Dependency failed for serial-getty@ttyS0.service',
  ])('not, when the console says %j, which no log may have', (line) =>
    expect(brokenWith({}, `${line}\n${rightConsole}`)).toEqual(['no-failed-unit']),
  );
});

test('a shell reads the script, and answers are found in what it prints', () => {
  const script = promisesScript(bootPromises);
  expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
  const asked = [
    { ...bootPromises[0]!, id: 'one', question: 'echo a; echo b >&2' },
    { ...bootPromises[0]!, id: 'two', question: 'cat; exit 3' },
    { ...bootPromises[0]!, id: 'three', question: 'yes | head -c 100000' },
  ];
  const { stdout } = spawnSync('sh', ['-c', promisesScript(asked)], { encoding: 'utf8' });
  const answers = readAnswers(stdout);
  expect(answers.get('one')).toBe('a\nb');
  expect(answers.get('two')).toBe('');
  expect(answers.get('three')?.length).toBeLessThanOrEqual(4096);
});

test('docs/images.md lists them: npm run docs', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/images.md'), 'utf8');
  expect(withPromises(text)).toBe(text);
  for (const { promise } of bootPromises) expect(text).toContain(promise);
});
