import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { searchUpwards } from '../../../../src/lifecycle/launch/look-upwards.ts';
import { machinePaths } from '../../../../src/machine/paths.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { planMachine } from '../../../../src/machine/plan.ts';
import { samplePlanInput } from '../../machine/sample-plan.ts';

// Folders and files of several owners: only root can make them.
needsOfHost('root');

/** User ids that no account of a test host has. */
const me = 54_001;
const other = 54_002;

/** A home with a lab, and in it a folder for sources; all of it mine. */
interface Place {
  readonly root: string;
  readonly home: string;
  readonly lab: string;
  readonly sources: string;
  readonly env: NodeJS.ProcessEnv;
  make(path: string, text?: string, owner?: number, mode?: number): string;
  /** Writes down that a machine was started in a folder. */
  start(folder: string, sharedDir?: string): void;
  search(cwd: string): ReturnType<typeof searchUpwards>;
}

/** Makes a file with this text, or a folder. */
function make(path: string, text?: string, owner = me, mode?: number): string {
  if (text === undefined) mkdirSync(path, { recursive: true });
  else writeFileSync(path, text);
  if (mode !== undefined) chmodSync(path, mode);
  chownSync(path, owner, owner);
  return path;
}

let place: Place;
beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary[Symbol.dispose]());
  const root = realpathSync(temporary.path);
  chmodSync(root, 0o755);
  const home = join(root, 'home');
  const env = { HOME: home, XDG_STATE_HOME: join(root, 'state'), XDG_RUNTIME_DIR: root };
  const lab = join(home, 'lab');
  for (const folder of [home, lab, join(lab, 'src'), join(lab, 'src/hello')]) make(folder);
  place = {
    ...{ root, home, lab, env, make },
    sources: join(lab, 'src/hello'),
    start: (folder, sharedDir = join(folder, 'shared')) => {
      const file = join(folder, 'utopia.config');
      const { stateFile } = machinePaths({ file }, env, me);
      mkdirSync(dirname(stateFile), { recursive: true });
      const plan = planMachine(
        samplePlanInput({ overlay: join(folder, 'private.qcow2'), sharedDir }),
      );
      const qemu = { pid: 1, startTicks: 1, bootId: '' };
      const state = { schema: 1, name: 'lab', file, qemu, plan, ssh: plan.ssh };
      const started = { qemuVersion: '7.2.22', startedAt: '2026-11-23T10:00:00.000Z' };
      writeFileSync(stateFile, JSON.stringify({ ...state, ...started, backingFile: '/base.raw' }));
    },
    search: async (cwd) => await searchUpwards({ env }, cwd, me),
  };
});

function makePipe(path: string): void {
  execFileSync('mkfifo', [path]);
  chownSync(path, me, me);
}

const nothing = { found: undefined, remarks: [] };

test.each([
  ['a config', () => place.make(join(place.lab, 'utopia.config'), '')],
  ['a private file', () => place.make(join(place.lab, 'private.qcow2'), '')],
  ['saved memory', () => place.make(join(place.lab, 'private.qcow2.vmstate'), '')],
  ['snapshots alone', () => place.make(join(place.lab, 'private.qcow2.snapshots'))],
  ['a folder in the place of a config', () => place.make(join(place.lab, 'utopia.config'))],
  ['a pipe', () => makePipe(join(place.lab, 'utopia.config'))],
  ['a state and nothing else', () => place.start(place.lab)],
])('a machine is found by %s, the folder and its parts', async (_what, prepare) => {
  expect(await place.search(place.sources)).toEqual(nothing);
  prepare();
  const found = { folder: place.lab, levels: 2 };
  expect(await place.search(place.sources)).toEqual({ found, remarks: [] });
  expect(await place.search(place.lab)).toEqual(nothing);
  // A machine of its own needs no other, whatever it is known by.
  place.start(dirname(place.sources));
  expect(await place.search(dirname(place.sources))).toEqual(nothing);
});

test('the home counts, and nothing above it', async () => {
  place.make(join(place.root, 'utopia.config'), '');
  expect(await place.search(place.sources)).toEqual(nothing);
  place.make(join(place.home, 'utopia.config'), '');
  expect(await place.search(place.sources)).toMatchObject({
    found: { folder: place.home, levels: 3 },
  });
  expect(await place.search(place.home)).toEqual(nothing);
});

test('a home that is a link, or none, is the folder it leads to', async () => {
  place.make(join(place.root, 'utopia.config'), '');
  symlinkSync(place.home, join(place.root, 'link'));
  const linked = { env: { ...place.env, HOME: join(place.root, 'link') } };
  expect(await searchUpwards(linked, place.sources, me)).toEqual(nothing);
  const none = { env: { ...place.env, HOME: '/no/such/home' } };
  expect(await searchUpwards(none, place.sources, me)).toMatchObject({
    found: { folder: place.root },
  });
});

test('the physical path counts, not how one got there', async () => {
  const away = place.make(join(place.root, 'away'));
  symlinkSync(place.sources, join(away, 'in'));
  symlinkSync(away, join(place.lab, 'out'));
  place.start(place.lab);
  expect(await place.search(join(away, 'in'))).toMatchObject({ found: { folder: place.lab } });
  expect(await place.search(join(place.lab, 'out'))).toEqual(nothing);
});

test('what another user has planted is not read, and ends the search', async () => {
  const open = place.make(join(place.root, 'tmp'), undefined, 0, 0o1777);
  const mine = place.make(join(open, 'mine'));
  place.start(place.root);
  expect(await place.search(mine)).toMatchObject({ found: { folder: place.root } });
  for (const name of ['utopia.config', 'private.qcow2']) {
    const path = place.make(join(open, name), 'SHARED_FS_DIR=~/.ssh', other);
    expect(await place.search(mine)).toEqual({
      found: undefined,
      remarks: [`${path} is not read: user ${other} owns it.`],
    });
    chownSync(path, me, me);
  }
  // My own in a folder with the sticky bit stays my own.
  expect(await place.search(mine)).toMatchObject({ found: { folder: open } });
});

test('a link that another user has laid to a file of mine is not followed', async () => {
  const open = place.make(join(place.root, 'tmp'), undefined, 0, 0o1777);
  const mine = place.make(join(open, 'mine'));
  execFileSync('ln', ['-s', place.make(join(place.lab, 'notes'), ''), join(open, 'utopia.config')]);
  execFileSync('chown', ['-h', String(other), join(open, 'utopia.config')]);
  expect((await place.search(mine)).found).toBeUndefined();
});

test("another user's folder ends the search, with or without a machine, and says what lies behind", async () => {
  const his = place.make(join(place.lab, 'his'), undefined, other);
  const mine = place.make(join(his, 'mine'));
  expect(await place.search(mine)).toEqual(nothing);
  place.start(place.lab);
  for (const cwd of [mine, his]) {
    expect(await place.search(cwd)).toEqual({
      found: undefined,
      remarks: [
        `The search for a machine ended at ${his}: user ${other} owns it. That of ${place.lab}: utopia -C ${place.lab} …`,
      ],
    });
  }
});

test.each([0o777, 0o775])('a folder of mode %o is passed, and is no machine', async (mode) => {
  const open = join(place.lab, 'src');
  chmodSync(open, mode);
  if (mode === 0o775) chownSync(open, me, other);
  place.start(place.lab);
  expect(await place.search(place.sources)).toMatchObject({ found: { folder: place.lab } });
  const config = place.make(join(open, 'utopia.config'), '');
  const { found, remarks } = await place.search(place.sources);
  expect(found).toBeUndefined();
  expect(remarks.join()).toContain(`${config} is not read: others can write to ${open}.`);
});

test('a config in which others can write is not read; a group of my own is not others', async () => {
  const config = place.make(join(place.lab, 'utopia.config'), '', me, 0o664);
  chmodSync(place.lab, 0o775);
  expect(await place.search(place.sources)).toMatchObject({ found: { folder: place.lab } });
  chmodSync(config, 0o666);
  expect((await place.search(place.sources)).found).toBeUndefined();
});

test('what a guest can have written in its share says nothing about a machine', async () => {
  const share = place.make(join(place.lab, 'shared'));
  const cwd = place.make(join(share, 'hello'));
  const planted = place.make(join(share, 'utopia.config'), 'SHARED_FS_DIR=/home');
  place.start(place.lab);
  expect(await place.search(cwd)).toEqual({
    found: { folder: place.lab, levels: 2 },
    remarks: [`${planted} is passed over: the guest of ${place.lab} can write there.`],
  });
  // Where the user has started one, there is one.
  place.start(share);
  expect(await place.search(cwd)).toEqual({ found: { folder: share, levels: 1 }, remarks: [] });
});

test('another file system ends the search', async () => {
  const mounted = place.make(join(place.sources, 'mounted'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `uid=${me},mode=755`, 'none', mounted]);
  try {
    place.start(place.lab);
    expect(await place.search(place.make(join(mounted, 'in')))).toEqual(nothing);
    place.start(mounted);
    expect(await place.search(join(mounted, 'in'))).toMatchObject({ found: { folder: mounted } });
  } finally {
    execFileSync('umount', [mounted]);
  }
});

test('a folder that is gone, closed or at the end of a very long path ends it without a word', async () => {
  expect(await place.search(join(place.lab, 'gone/deeper'))).toEqual(nothing);
  place.start(place.lab);
  let deep = place.sources;
  while (deep.length < 3_900) deep = join(deep, 'd'.repeat(100));
  place.make(deep);
  for (let folder = deep; folder !== place.sources; folder = dirname(folder)) {
    chownSync(folder, me, me);
  }
  expect((await place.search(deep)).found?.folder).toBe(place.lab);
});

test('root who came through sudo believes the files of who called it, and nobody else', async () => {
  place.make(join(place.lab, 'utopia.config'), '');
  const asRoot = async (env: NodeJS.ProcessEnv): Promise<unknown> =>
    (await searchUpwards({ env: { ...place.env, ...env } }, place.sources, 0)).found;
  expect(await asRoot({})).toBeUndefined();
  expect(await asRoot({ SUDO_UID: String(other) })).toBeUndefined();
  expect(await asRoot({ SUDO_UID: String(me) })).toEqual({ folder: place.lab, levels: 2 });
});
