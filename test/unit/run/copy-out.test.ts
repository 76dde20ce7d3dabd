import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Context } from '../../../src/context.ts';
import type { GuestChannel } from '../../../src/commands/run/channel.ts';
import { checkCopyOut, copyOut, copyOutPaths } from '../../../src/commands/run/copy-out.ts';
import { packScript } from '../../../src/commands/run/guest-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A guest whose folder lies on this host; its shell and its tar are real. */
function guestWith(folder: string): GuestChannel {
  return {
    mount: () => Promise.reject(new Error('not asked for')),
    ask: () => Promise.reject(new Error('not asked for')),
    start: () => {
      throw new Error('not asked for');
    },
    pack: async (_folder, paths, take) => {
      const tar = spawn('sh', ['-c', packScript(folder, paths)]);
      let complaint = '';
      tar.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
      const ended = once(tar, 'close');
      for await (const chunk of tar.stdout) await take(chunk as Buffer);
      const [status] = (await ended) as [number];
      return { status, complaint };
    },
  };
}

/** Two folders: the host's and, as the guest sees it, the copy's. */
function makeFolders(parent: string): { readonly host: string; readonly guest: string } {
  const folders = { host: join(parent, 'host'), guest: join(parent, 'guest') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  return folders;
}

const bring = (host: string, guest: string, paths: readonly string[]) => {
  const { signal } = new AbortController();
  return copyOut({ cwd: host, signal, urgentSignal: signal } as Context, guestWith(guest), paths);
};

test('files and folders come back under their names; what is not there is told', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  mkdirSync(join(guest, 'out/deep'), { recursive: true });
  writeFileSync(join(guest, 'out/deep/αρχείο με κενά'), 'new');
  writeFileSync(join(guest, '-f'), Buffer.alloc(300_000, 7));
  symlinkSync('deep', join(guest, 'out/link'));
  mkdirSync(join(host, 'out'));
  writeFileSync(join(host, 'out/of the host'), 'stays');
  writeFileSync(join(host, '-f'), 'old');
  const names = ['out', '-f', "isn't there"];
  expect(await bring(host, guest, names)).toEqual(["isn't there"]);
  expect(readFileSync(join(host, 'out/deep/αρχείο με κενά'), 'utf8')).toBe('new');
  expect(readFileSync(join(host, 'out/of the host'), 'utf8')).toBe('stays');
  expect(readFileSync(join(host, '-f')).equals(Buffer.alloc(300_000, 7))).toBe(true);
  expect(readlinkSync(join(host, 'out/link'))).toBe('deep');
  expect(await bring(host, guest, ['nothing', 'at all'])).toEqual(['nothing', 'at all']);
  expect(readdirSync(host).toSorted()).toEqual(['-f', 'out']);
});

test('a guest cannot lead out of the folder by a link that it brought before', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  const elsewhere = join(parent.path, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(guest, 'out'));
  expect(await bring(host, guest, ['out'])).toEqual([]);
  expect(lstatSync(join(host, 'out')).isSymbolicLink()).toBe(true);
  execFileSync('rm', [join(guest, 'out')]);
  mkdirSync(join(guest, 'out'));
  writeFileSync(join(guest, 'out/authorized_keys'), 'mine');
  await expect(bring(host, guest, ['out'])).rejects.toThrow('could not be copied back');
  await expect(bring(host, guest, ['out/authorized_keys'])).rejects.toThrow('copied back');
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(readdirSync(host)).toEqual(['out']);
});

test('an archive with members that lead out of it is refused, and leaves nothing', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  writeFileSync(join(guest, 'x'), 'evil');
  const archive = execFileSync('tar', ['-cPf', '-', '--transform=s,x,../../evil,', 'x'], {
    cwd: guest,
  });
  const channel = {
    ...guestWith(guest),
    pack: async (...[, , take]: Parameters<GuestChannel['pack']>) => {
      await take(archive);
      return { status: 0, complaint: '' };
    },
  };
  const { signal } = new AbortController();
  const context = { cwd: host, signal, urgentSignal: signal } as Context;
  await expect(copyOut(context, channel, ['x'])).rejects.toThrow('could not be copied back');
  expect(existsSync(join(parent.path, 'evil'))).toBe(false);
  expect(readdirSync(host)).toEqual([]);
});

test('only paths below the folder are taken, and one for each run', () => {
  expect(copyOutPaths(['a/../b/', './c'])).toEqual(['b', 'c']);
  for (const path of ['', '.', '..', '../x', '/etc', 'a/../..']) {
    expect(() => copyOutPaths([path])).toThrow('is not below this folder');
  }
  expect(() => checkCopyOut({ each: ['a', 'b'], copyOut: ['log'] })).toThrow('every run');
  expect(() => checkCopyOut({ each: ['..'], copyOut: ['{}/log'] })).toThrow('is not below');
  checkCopyOut({ each: ['a', 'b'], copyOut: ['{}/log'] });
});
