import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { copyFiles } from '../../../src/guest/copy.ts';
import { scpArgv } from '../../../src/guest/scp-argv.ts';
import { closeShared } from '../../../src/guest/shared-connection.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { startSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const plain = { preserve: false, progress: false };

/** Whether some process has this file open. */
function isOpenSomewhere(file: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      const open = `/proc/${Number(pid)}/fd`;
      return readdirSync(open).some((name) => readlinkSync(`${open}/${name}`) === file);
    } catch {
      // Ended meanwhile.
      return false;
    }
  });
}

describe('with OpenSSH’s own server', () => {
  needsOfHost('sshd');

  test('files and folders with any name, there and back, over one connection', async () => {
    using folder = temporaryFolder();
    await using server = await startSshd(folder.path);
    const host = join(folder.path, 'host');
    const guest = join(folder.path, 'guest');
    const names = ['with blank', 'ελληνικά', 'a:b', '-dash', "quote'd", 'star*', 'back\\slash'];
    mkdirSync(join(host, 'deep/er'), { recursive: true });
    mkdirSync(guest);
    for (const name of names) writeFileSync(join(host, 'deep/er', name), `${name}\0\n`);
    await copyFiles(server.access, {
      ...{ ...plain, direction: 'to-guest', target: guest },
      sources: [join(host, 'deep'), join(host, 'deep/er/a:b')],
    });
    expect(readdirSync(join(guest, 'deep/er')).toSorted()).toEqual(names.toSorted());
    expect(readFileSync(join(guest, 'a:b'), 'utf8')).toBe('a:b\0\n');
    const back = join(folder.path, 'back');
    mkdirSync(back);
    await copyFiles(server.access, {
      ...{ ...plain, direction: 'from-guest', target: back },
      sources: names.map((name) => join(guest, 'deep/er', name)),
    });
    expect(readdirSync(back).toSorted()).toEqual(names.toSorted());
    expect(readFileSync(join(back, 'back\\slash'), 'utf8')).toBe('back\\slash\0\n');
    expect(readdirSync(server.access.runtimeDir)).toHaveLength(1);
    await closeShared(server.access.runtimeDir, process.env);
  });

  test('what is missing in the guest is named, and what was left out is no success', async () => {
    using folder = temporaryFolder();
    await using server = await startSshd(folder.path);
    const request = {
      ...plain,
      direction: 'from-guest',
      sources: ['/nowhere/a'],
      target: folder.path,
    } as const;
    await expect(copyFiles(server.access, request)).rejects.toMatchObject({
      code: 'copy-failed',
      message: expect.stringContaining('/nowhere/a') as string,
    });
    await closeShared(server.access.runtimeDir, process.env);
  });

  test('an interruption names the file that has come over in part', async () => {
    using folder = temporaryFolder();
    await using server = await startSshd(folder.path);
    const controller = new AbortController();
    const big = join(folder.path, 'big file');
    // Without an end: it is certainly interrupted in the middle.
    execFileSync('truncate', ['--size=200G', big]);
    const copying = copyFiles(
      { ...server.access, signal: controller.signal },
      { ...plain, direction: 'to-guest', sources: [big], target: '/dev/null' },
    );
    // Only once it is under way, and has been looked at: on a slow host a login takes seconds.
    const interrupt = async (): Promise<void> => {
      while (!isOpenSomewhere(big)) await sleep(50);
      await sleep(600);
      controller.abort(new Error('Ctrl-C'));
    };
    void interrupt();
    await expect(copying).rejects.toMatchObject({
      code: 'interrupted',
      details: [`Incomplete on the other side: ${big}`],
    });
    await closeShared(server.access.runtimeDir, process.env);
  });
});

test('an scp without SFTP gets quoted paths, one that can speak it is told to', () => {
  const target = {
    ...{ host: '127.0.0.1', port: 1, login: 'user', alias: 'a' },
    ...{ knownHostsFile: '/k', identityFile: '/i' },
  };
  const style = { ...plain, quiet: true, direction: 'from-guest', target: '/t' } as const;
  const argv = (version: number) => scpArgv(target, { ...style, sources: ['a b'], version });
  expect(argv(8.2).slice(-2)).toEqual([`127.0.0.1:'a b'`, '/t']);
  expect(argv(8.9)).toContain('-s');
  expect(argv(9.2)).not.toContain('-s');
  expect(argv(9.2).slice(-3)).toEqual(['--', '127.0.0.1:a b', '/t']);
});
