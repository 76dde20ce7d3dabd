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
import { renderHostBlock, withInclude, withoutInclude } from '../../../src/guest/ssh-config.ts';
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
