import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GuestChannel } from '../../../../src/lifecycle/throwaway/channel.ts';
import {
  checkCopyOut,
  copyOut,
  copyOutPaths,
} from '../../../../src/lifecycle/throwaway/copy-out.ts';
import { packScript } from '../../../../src/lifecycle/throwaway/guest-command.ts';
import { plainContext } from '../../../support/lifecycle-context.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

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

interface Wish {
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly channel?: GuestChannel;
}

/** The draft lies beside the two folders, and is gone afterwards. */
const bringAll = async (host: string, guest: string, paths: readonly string[], wish: Wish = {}) => {
  const context = plainContext(host, {});
  const draft = join(host, '..', 'draft');
  try {
    return await copyOut(context, wish.channel ?? guestWith(guest), {
      ...{ paths, draft, maxBytes: 1 << 20, timeoutMs: 60_000, ...wish },
      lost: new Promise<never>(() => {}),
    });
  } finally {
    expect(existsSync(draft)).toBe(false);
  }
};
const bring = async (host: string, guest: string, paths: readonly string[], wish?: Wish) =>
  (await bringAll(host, guest, paths, wish)).missing;

/** A guest whose tar sends these bytes and ends, or does not. */
function guestThatSends(guest: string, archive: Buffer, ends = true): GuestChannel {
  return {
    ...guestWith(guest),
    pack: async (...[, , take, signal]: Parameters<GuestChannel['pack']>) => {
      await take(archive);
      if (!ends) await once(signal, 'abort');
      return { status: 0, complaint: '' };
    },
  };
}

/** What tar makes of a folder, with these arguments. */
function tarOf(folder: string, ...args: readonly string[]): Buffer {
  return execFileSync('tar', ['-cPf', '-', ...args], { cwd: folder });
}

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
  expect(await bring(host, guest, ['out'])).toEqual(['out']);
  expect(readdirSync(host)).toEqual([]);
  // Somebody else put it there: another machine that shares this folder.
  symlinkSync(elsewhere, join(host, 'out'));
  execFileSync('rm', [join(guest, 'out')]);
  mkdirSync(join(guest, 'out'));
  writeFileSync(join(guest, 'out/authorized_keys'), 'mine');
  await expect(bring(host, guest, ['out'])).rejects.toThrow('could not be copied back');
  await expect(bring(host, guest, ['out/authorized_keys'])).rejects.toThrow('copied back');
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(readdirSync(host)).toEqual(['out']);
});

test('links that lead out of what is brought back stay in the guest, chains of them too', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  mkdirSync(join(guest, 'out/deep/er'), { recursive: true });
  writeFileSync(join(guest, 'out/deep/file'), 'x');
  const links = {
    log: '/etc/shadow',
    dir: '../../etc',
    sibling: '../other',
    gone: 'nothing',
    'by-dir': 'dir/passwd',
    'by-good': 'deep/up/../../etc',
    loop: 'loop',
    'deep/up': '..',
    'deep/er/file': '../file',
    'deep/here': '.',
    chain: 'deep/er/file',
    through: 'deep/file/x',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(guest, 'out', name));
  writeFileSync(join(guest, 'other'), 'not asked for');
  const { missing, leftOut } = await bringAll(host, guest, ['out']);
  expect(missing).toEqual([]);
  const left = ['by-dir', 'by-good', 'dir', 'gone', 'log', 'loop', 'sibling', 'through'];
  expect(leftOut.map(({ path }) => path).toSorted()).toEqual(left.map((name) => `out/${name}`));
  expect(readdirSync(join(host, 'out')).toSorted()).toEqual(['chain', 'deep']);
  expect(readFileSync(join(host, 'out/chain'), 'utf8')).toBe('x');
  expect(readlinkSync(join(host, 'out/deep/up'))).toBe('..');
});

test('modes, times and hard links come back; devices and set-user-id bits do not', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  mkdirSync(join(guest, 'out'));
  writeFileSync(join(guest, 'out/a'), 'same');
  execFileSync('ln', [join(guest, 'out/a'), join(guest, 'out/b')]);
  writeFileSync(join(guest, 'out/setuid'), 'x');
  chmodSync(join(guest, 'out/setuid'), 0o6755);
  utimesSync(join(guest, 'out/setuid'), 1_000_000, 1_000_000);
  execFileSync('mkfifo', [join(guest, 'out/pipe')]);
  const { leftOut } = await bringAll(host, guest, ['out']);
  expect(leftOut.map(({ path }) => path)).toEqual(['out/pipe']);
  const { mode, mtimeMs } = statSync(join(host, 'out/setuid'));
  expect([mode & 0o7777, mtimeMs]).toEqual([0o755 & ~process.umask(), 1_000_000_000]);
  expect(statSync(join(host, 'out/a')).ino).toBe(statSync(join(host, 'out/b')).ino);
  expect(readFileSync(join(host, 'out/b'), 'utf8')).toBe('same');
});

test('an archive that no honest guest sends is refused, and leaves nothing', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  const victim = join(parent.path, 'victim');
  writeFileSync(victim, 'as it was');
  mkdirSync(join(guest, 'x'));
  writeFileSync(join(guest, 'x/f'), 'evil');
  execFileSync('truncate', ['-s', '8T', join(guest, 'x/huge')]);
  symlinkSync('..', join(guest, 'x/dir'));
  const f = tarOf(guest, 'x/f');
  const through = Buffer.concat([
    tarOf(guest, 'x/dir').subarray(0, 512),
    tarOf(guest, '--transform=s,x/f,x/dir/victim,', 'x/f'),
  ]);
  const bad: readonly (readonly [string, Buffer])[] = [
    ['leads up', tarOf(guest, '--transform=s,x,../../evil,', 'x/f')],
    ['is absolute', tarOf(guest, '--transform=s,x,/tmp/utopia-evil,', 'x/f')],
    ['was not asked for', tarOf(guest, '--transform=s,x,y,', 'x/f')],
    ['goes through a link', through],
    ['hard link to what is not in it', tarOf(guest, `--transform=s,x/f,${victim},`, 'x/f', 'x/f')],
    ['is sparse', tarOf(guest, '-S', 'x/huge')],
    ['is sparse in the new way', tarOf(guest, '-S', '--format=pax', 'x/huge')],
    ['breaks off', f.subarray(0, 512)],
    ['is no archive', Buffer.alloc(2_048, 'no archive at all')],
    ['is empty', Buffer.alloc(0)],
    ['has a wrong sum', Buffer.concat([Buffer.from('y'), f.subarray(1)])],
    ['is too deep', tarOf(guest, `--transform=s,x,x${'/d'.repeat(70)},`, 'x/f')],
  ];
  for (const [why, archive] of bad) {
    const channel = guestThatSends(guest, archive);
    await expect(bring(host, guest, ['x'], { channel }), why).rejects.toMatchObject({
      code: 'copy-failed',
    });
    expect(readdirSync(host), why).toEqual([]);
  }
  expect(readFileSync(victim, 'utf8')).toBe('as it was');
});

test('nothing is written above the bound, whatever the archive announces', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  execFileSync('truncate', ['-s', '8T', join(guest, 'huge')]);
  // Its header says so; the data need not come.
  const child = spawn('tar', ['-cf', '-', './huge'], { cwd: guest });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  const channel = guestThatSends(guest, chunk, false);
  await expect(bring(host, guest, ['huge'], { channel })).rejects.toMatchObject({
    code: 'copy-failed',
    details: ['It is larger than 1048576 bytes.'],
    hint: expect.stringContaining('--max-copy-out'),
  });
  for (const name of ['a', 'b', 'c']) writeFileSync(join(guest, name), Buffer.alloc(400_000));
  await expect(bring(host, guest, ['a', 'b', 'c'])).rejects.toThrow('copied back');
  expect(readdirSync(host)).toEqual([]);
  expect(await bring(host, guest, ['a', 'b', 'c'], { maxBytes: 1_200_000 })).toEqual([]);
});

test('a guest that hands nothing over is not waited for', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  const channel = guestThatSends(guest, Buffer.alloc(0), false);
  const late = bring(host, guest, ['x'], { channel, timeoutMs: 50 });
  await expect(late).rejects.toMatchObject({
    code: 'copy-failed',
    details: ['The guest has not handed it over within 0.05 s.'],
  });
});

test('long names and names of other alphabets come back in every format of tar', async () => {
  using parent = temporaryFolder();
  const { host, guest } = makeFolders(parent.path);
  const name = `out/${'μακρύ '.repeat(10)}/${'d'.repeat(120)}/${'e'.repeat(120)}`;
  mkdirSync(join(guest, name), { recursive: true });
  writeFileSync(join(guest, name, 'file'), 'found');
  for (const format of ['gnu', 'pax', 'oldgnu', 'posix']) {
    const channel = guestThatSends(guest, tarOf(guest, `--format=${format}`, './out'));
    expect(await bring(host, guest, ['out'], { channel })).toEqual([]);
    expect(readFileSync(join(host, name, 'file'), 'utf8')).toBe('found');
    execFileSync('rm', ['-r', join(host, 'out')]);
  }
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
