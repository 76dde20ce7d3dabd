import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labWithGuest } from '../support/guest-lab.ts';
import { startImageServer } from '../support/image-server.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What other users of the host may do with what utopia makes, by the umask of its user.
needsOfHost('qemu', 'ssh');

/** Command before the program that gives it a umask. */
function under(umask: string): readonly string[] {
  return ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh'];
}

/** Everything below these folders that others could open, with its mode. */
function openToOthers(...folders: readonly string[]): string[] {
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      const file = lstatSync(path);
      const mine = file.isSymbolicLink() || (file.mode & 0o077) === 0;
      const below = file.isDirectory() ? openToOthers(path) : [];
      return mine ? below : [`${path} ${(file.mode & 0o777).toString(8)}`, ...below];
    }),
  );
}

/** Where the lab's user has what nobody named. */
function ownFolders({ env }: Lab): string[] {
  return [
    join(env['HOME'] ?? '', '.local'),
    join(env['XDG_CACHE_HOME'] ?? '', 'utopia'),
    join(env['XDG_RUNTIME_DIR'] ?? '', 'utopia'),
  ];
}

function modeOf(...path: readonly string[]): string {
  return (statSync(join(...path)).mode & 0o777).toString(8);
}

const umasks = [
  { umask: '000', named: '666', image: '444' },
  { umask: '022', named: '644', image: '444' },
  { umask: '077', named: '600', image: '400' },
];

describe.each(umasks)('with umask $umask', ({ umask, named, image }) => {
  test('a machine, its records, snapshots and logs are the user’s alone', async () => {
    await using lab = await makeLab({ scenario: {}, within: under(umask) });
    const ok = async (...args: readonly string[]): Promise<void> =>
      expect(await lab.run(...args), args.join(' ')).toMatchObject({ status: 0 });
    const check = (): void => {
      expect(openToOthers(...ownFolders(lab))).toEqual([]);
      const others = openToOthers(lab.folder).filter((line) => !line.includes('utopia.config'));
      expect(others).toEqual([]);
    };
    lab.writeConfig(['UTOPIA_SSH_PORT=auto']);
    await ok('up', '--detach', '--no-wait');
    expect(modeOf(lab.folder, 'private.qcow2')).toBe('600');
    expect(modeOf(lab.folder, 'private.qcow2.utopia.json')).toBe('600');
    expect(modeOf(lab.folder, 'shared')).toBe('700');
    check();
    await ok('down', '--force');
    await ok('snapshot', 'save', 'one');
    await ok('snapshot', 'restore', 'one');
    await ok('up', '--detach', '--no-wait');
    check();
    await ok('down', '--force');
    await ok('reset', '--yes');
    check();
  });

  test('a file that is asked for by name has the mode that the umask gives', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0', { within: under(umask) });
    await lab.run('run', '--junit', 'marks.xml', '--', 'true');
    await lab.run('doctor', '--report', 'report.txt');
    mkdirSync(join(lab.folder, '.git'));
    await lab.run('--config', 'new.config', 'init');
    await lab.run('sensors', 'record', 'frames', '--from', 'sim', '--seconds', '1');
    const names = ['marks.xml', 'report.txt', 'new.config', '.gitignore', 'frames'];
    expect(names.map((name) => [name, modeOf(lab.folder, name)])).toEqual(
      names.map((name) => [name, named]),
    );
    expect(openToOthers(...ownFolders(lab))).toEqual([]);
  });

  test('an image in the store is the user’s alone, one behind -o as the umask says', async () => {
    await using lab = await makeLab({ within: under(umask) });
    await using server = await startImageServer(Buffer.alloc(1 << 20, 'disk'), 'lab.raw');
    await lab.run('image', 'fetch', server.url.href);
    await lab.run('image', 'fetch', server.url.href, '-o', 'course.raw');
    expect(openToOthers(...ownFolders(lab))).toEqual([]);
    expect(modeOf(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/images/lab.raw')).toBe('400');
    expect(modeOf(lab.folder, 'course.raw')).toBe(image);
  });
});

test('a private file of an older version is closed to others at the next start, and that is said once', async () => {
  await using lab = await makeLab({ scenario: {} });
  await lab.run('up', '--detach', '--no-wait');
  await lab.run('down', '--force');
  const files = ['private.qcow2', 'private.qcow2.utopia.json'];
  for (const name of files) chmodSync(join(lab.folder, name), 0o644);
  const first = await lab.run('up', '--detach', '--no-wait');
  expect(first.stderr).toContain('Other users could open private.qcow2');
  expect(files.map((name) => modeOf(lab.folder, name))).toEqual(['600', '600']);
  await lab.run('down', '--force');
  const second = await lab.run('up', '--detach', '--no-wait');
  expect(second.stderr).not.toContain('Other users');
});

test('a shared folder that is there keeps its mode', async () => {
  await using lab = await makeLab({ scenario: {} });
  writeFileSync(join(lab.folder, 'x'), '');
  lab.writeConfig(['SHARED_FS_DIR=.']);
  chmodSync(lab.folder, 0o755);
  await lab.run('up', '--detach', '--no-wait');
  expect(modeOf(lab.folder)).toBe('755');
});
