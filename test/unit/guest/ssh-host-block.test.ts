import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderHostBlock, withInclude, withoutInclude } from '../../../src/guest/ssh-host-block.ts';
import { installBlock, removeBlock } from '../../../src/guest/ssh-config-file.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const now = new Date('2026-11-23T10:00:00Z');
const line = 'Include "/s t/*.conf"';

/** A machine's block, and what ssh makes of a user's file. */
function prepare(folder: string, id = 'lab-1') {
  const places = {
    userFile: join(folder, 'home/.ssh/config'),
    folder: join(folder, 'state 1/ssh-config.d'),
    machineId: id,
  };
  const target = {
    ...{ host: '127.0.0.1', port: 24_001, login: 'root', alias: `utopia-${id}` },
    knownHostsFile: join(folder, '100%/ά b/known_hosts'),
    identityFile: join(folder, 'ά b/id'),
  };
  const names = ['utopia-εργ', `utopia-${id}`];
  const block = renderHostBlock({ names, origin: '/lab/utopia.config', target });
  const ask = (host: string): string =>
    execFileSync('ssh', ['-G', '-F', places.userFile, host]).toString();
  return { places, block, target, ask };
}

describe('the line in ~/.ssh/config', () => {
  test.each([
    ['', `${line}\n`],
    ['Host a\n  Port 1\n', `${line}\n\nHost a\n  Port 1\n`],
    // Below a Host line it would count for that host only.
    [`Host a\n${line}\n`, `${line}\n\nHost a\n`],
  ])('%j gets it at its top, once', (before, after) => {
    expect(withInclude(before, '/s t')).toBe(after);
    expect(withInclude(after, '/s t')).toBe(after);
    if (!before.includes(line)) expect(withoutInclude(after, '/s t')).toBe(before);
  });

  test('a file without it stays as it is', () => {
    expect(withoutInclude('Host a\n\n\n', '/s t')).toBe('Host a\n\n\n');
  });
});

describe('as ssh reads it', () => {
  needsOfHost('ssh');

  test('both names lead to the machine, over whatever Host * says; others do not', async () => {
    using folder = temporaryFolder();
    const { places, block, target, ask } = prepare(folder.path);
    mkdirSync(join(folder.path, 'home/.ssh'), { recursive: true });
    const own = 'Host *\n  Port 99\n  ProxyJump gate\n  User me\n  ControlPath /tmp/%h\n';
    writeFileSync(places.userFile, own, { mode: 0o640 });
    const { backup } = await installBlock(places, block, now);
    expect(readFileSync(backup ?? '', 'utf8')).toBe(own);
    expect(lstatSync(places.userFile).mode & 0o777).toBe(0o640);
    for (const name of ['utopia-εργ', 'utopia-lab-1']) {
      const read = ask(name);
      expect(read).toContain('port 24001\n');
      expect(read).toContain('user root\n');
      expect(read).toContain(`userknownhostsfile ${target.knownHostsFile}\n`);
      expect(read).toContain(`identityfile ${target.identityFile}\n`);
      expect(read).not.toContain('proxyjump');
      expect(read).not.toContain('controlpath /');
    }
    expect(ask('elsewhere')).toContain('port 99\n');
  });

  test('twice changes nothing; the last machine takes the line with it', async () => {
    using folder = temporaryFolder();
    const one = prepare(folder.path);
    const two = prepare(folder.path, 'lab-2');
    expect(await installBlock(one.places, one.block, now)).toEqual({
      changed: true,
      backup: undefined,
    });
    expect((await installBlock(one.places, one.block, now)).changed).toBe(false);
    expect((await installBlock(two.places, two.block, now)).changed).toBe(false);
    expect((await removeBlock(one.places, now)).changed).toBe(false);
    expect(two.ask('utopia-lab-2')).toContain('port 24001\n');
    expect((await removeBlock(two.places, now)).changed).toBe(true);
    expect(readFileSync(one.places.userFile, 'utf8')).toBe('');
    expect(readdirSync(one.places.folder)).toEqual([]);
  });

  test('a config that is a symbolic link stays one', async () => {
    using folder = temporaryFolder();
    const { places, block } = prepare(folder.path);
    const real = join(folder.path, 'dotfiles');
    mkdirSync(join(folder.path, 'home/.ssh'), { recursive: true });
    writeFileSync(real, 'Host a\n');
    symlinkSync(real, places.userFile);
    await installBlock(places, block, now);
    expect(lstatSync(places.userFile).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toMatch(/^Include .*\n\nHost a\n$/);
  });
});

describe('what would be more than one line', () => {
  const target = {
    ...{ host: '127.0.0.1', port: 24_001, login: 'root', alias: 'utopia-a' },
    knownHostsFile: '/s/known_hosts',
    identityFile: '/s/id',
  };
  const hostile = 'sub\n  ProxyCommand touch PWNED\n#';

  test.each(['\n', '\r', '\u0000', '\u001B', '\u0085', '\u009B', '\u007F'])(
    'a path with %j is refused, wherever it stands',
    (control) => {
      const path = `/lab/a${control}b`;
      const refused = { code: 'folder-unsafe', status: 73 };
      const block = { names: ['utopia-a'], origin: '/lab/utopia.config', target };
      expect(() => renderHostBlock({ ...block, origin: path })).toThrow(
        expect.objectContaining(refused),
      );
      expect(() => renderHostBlock({ ...block, names: [path] })).toThrow(
        expect.objectContaining(refused),
      );
      for (const change of [{ identityFile: path }, { knownHostsFile: path }, { login: path }]) {
        const changed = { ...block, target: { ...target, ...change } };
        expect(() => renderHostBlock(changed)).toThrow(expect.objectContaining(refused));
      }
      expect(() => withInclude('', path)).toThrow(expect.objectContaining(refused));
    },
  );

  test('a folder that is a ProxyCommand is named with its escapes', () => {
    const origin = `/lab/${hostile}/utopia.config`;
    expect(() => renderHostBlock({ names: ['a'], origin, target })).toThrow(
      String.raw`sub\n  ProxyCommand touch PWNED\n#/utopia.config" has a control character (U+000A)`,
    );
  });

  test('a path in which ssh would read a variable is refused', () => {
    const identityFile = '/s/${HOME}/id';
    expect(() =>
      renderHostBlock({ names: ['a'], origin: '/l', target: { ...target, identityFile } }),
    ).toThrow('for a variable');
  });
});

describe('a file of the user’s', () => {
  test('keeps every byte of its own, also those that are not UTF-8', async () => {
    using folder = temporaryFolder();
    const { places, block } = prepare(folder.path);
    mkdirSync(join(folder.path, 'home/.ssh'), { recursive: true });
    const own = Buffer.from('# \xe1\xe2\xf3\r\nHost a\n  Port 1\n', 'latin1');
    writeFileSync(places.userFile, own);
    await installBlock(places, block, now);
    const installed = readFileSync(places.userFile);
    expect(installed.subarray(-own.length).equals(own)).toBe(true);
    await removeBlock(places, now);
    expect(readFileSync(places.userFile).equals(own)).toBe(true);
  });

  test('that is a pipe or a folder is left alone, and told', async () => {
    using folder = temporaryFolder();
    const { places, block } = prepare(folder.path);
    mkdirSync(join(folder.path, 'home/.ssh'), { recursive: true });
    execFileSync('mkfifo', [places.userFile]);
    await expect(installBlock(places, block, now)).rejects.toThrow('it is a pipe');
  });
});
