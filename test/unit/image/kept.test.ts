import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { listKept } from '../../../src/image/set-aside/list.ts';
import { deleteKept, keepOverlay } from '../../../src/image/set-aside/keep.ts';
import { finishInterrupted } from '../../../src/image/set-aside/recover.ts';
import { bringBack } from '../../../src/image/set-aside/bring-back.ts';
import { choosePrunable, pruneKept } from '../../../src/image/set-aside/prune.ts';
import { recordPath } from '../../../src/image/overlay-record.ts';
import { buildProgram } from '../../support/program.ts';
import { needsOfTest } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { refusalOf } from './sample-lab.ts';

const now = new Date('2026-11-23T12:00:00Z');

/** A machine with an overlay, its record and its host keys; what stands in a file stands for all it holds. */
function sampleMachine(folder: string, privateFolder = join(folder, 'lab')) {
  mkdirSync(privateFolder, { recursive: true });
  const machine = {
    places: {
      keptDir: join(folder, 'state/kept'),
      sshDir: join(folder, 'state/ssh'),
      disksDir: join(folder, 'state/disks'),
    },
    privateFile: join(privateFolder, 'private.qcow2'),
  };
  fill(machine, 'first');
  return machine;
}

type Machine = ReturnType<typeof sampleMachine>;

function fill({ places, privateFile }: Machine, contents: string): void {
  writeFileSync(privateFile, contents);
  writeFileSync(recordPath(privateFile), `record of ${contents}`);
  mkdirSync(places.sshDir, { recursive: true });
  writeFileSync(join(places.sshDir, 'known_hosts'), `keys of ${contents}`);
}

function expectInPlace({ places, privateFile }: Machine, contents: string): void {
  expect(readFileSync(privateFile, 'utf8')).toBe(contents);
  expect(readFileSync(recordPath(privateFile), 'utf8')).toBe(`record of ${contents}`);
  expect(readFileSync(join(places.sshDir, 'known_hosts'), 'utf8')).toBe(`keys of ${contents}`);
}

async function keptContents({ places, privateFile }: Machine): Promise<string[]> {
  const kept = await listKept(places, privateFile);
  return kept.map(({ overlay }) => readFileSync(overlay, 'utf8'));
}

test('a kept overlay takes its record and its host keys along, and is the same file', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const { ino } = statSync(machine.privateFile);
  const kept = await keepOverlay(machine.places, machine.privateFile, now);
  expect(kept.name).toBe('2026-11-23T12-00-00.000Z');
  expect(statSync(kept.overlay).ino).toBe(ino);
  expect(readdirSync(join(folder.path, 'lab'))).toEqual([]);
  expect(existsSync(machine.places.sshDir)).toBe(false);
  expect(readdirSync(kept.folder).toSorted()).toEqual([
    'kept.json',
    'private.qcow2',
    'private.qcow2.utopia.json',
    'ssh',
  ]);
});

test('an undo brings everything back, and can be undone', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'second');
  await bringBack(machine.places, machine.privateFile, now);
  expectInPlace(machine, 'first');
  expect(await keptContents(machine)).toEqual(['second']);
  await bringBack(machine.places, machine.privateFile, now);
  expectInPlace(machine, 'second');
  expect(await keptContents(machine)).toEqual(['first']);
});

test('two resets in the same millisecond are two kept overlays; the newest comes back', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'second');
  await keepOverlay(machine.places, machine.privateFile, now);
  expect(await keptContents(machine)).toEqual(['first', 'second']);
  await bringBack(machine.places, machine.privateFile, now);
  expectInPlace(machine, 'second');
});

test('layers of exercise disks go where the memory goes that has them in use', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const { places, privateFile } = machine;
  const layer = join(places.disksDir, 'fsdisk1.qcow2');
  const memory = `${privateFile}.vmstate.json`;
  // As a boot does it: new files, whatever the old ones are linked to.
  const boot = (contents: string): void => {
    rmSync(places.disksDir, { recursive: true, force: true });
    mkdirSync(places.disksDir);
    writeFileSync(layer, contents);
  };
  boot('layer of first');
  writeFileSync(memory, 'memory of first');
  await keepOverlay(places, privateFile, now);
  fill(machine, 'second');
  boot('layer of second');
  writeFileSync(memory, 'memory of second');
  for (const contents of ['first', 'second', 'first']) {
    await bringBack(places, privateFile, now);
    expectInPlace(machine, contents);
    expect(readFileSync(layer, 'utf8')).toBe(`layer of ${contents}`);
    expect(readFileSync(memory, 'utf8')).toBe(`memory of ${contents}`);
  }
  // Those of a machine that is off are thrown away by its next boot, and not kept.
  rmSync(memory);
  const { folder: off } = await keepOverlay(places, privateFile, now);
  expect(existsSync(join(off, 'disks'))).toBe(false);
});

test('nothing kept is said so', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const refusal = await refusalOf(bringBack(machine.places, machine.privateFile, now));
  expect(refusal.code).toBe('overlay-missing');
  expectInPlace(machine, 'first');
});

test('what is kept of another private file is not touched', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  await keepOverlay(machine.places, machine.privateFile, now);
  const other = join(folder.path, 'lab/other.qcow2');
  expect(await listKept(machine.places, other)).toEqual([]);
  expect((await refusalOf(bringBack(machine.places, other, now))).code).toBe('overlay-missing');
  expect(await keptContents(machine)).toEqual(['first']);
});

test('on another file system it is kept in a hidden folder beside its place', async (context) => {
  needsOfTest(context, 'memory-file-system');
  using folder = temporaryFolder();
  const shared = mkdtempSync('/dev/shm/utopia-test-');
  onTestFinished(() => rmSync(shared, { recursive: true, force: true }));
  const machine = sampleMachine(folder.path, shared);
  const { ino } = statSync(machine.privateFile);
  const kept = await keepOverlay(machine.places, machine.privateFile, now);
  expect(kept.overlay.startsWith(join(shared, '.utopia-kept/'))).toBe(true);
  expect(statSync(kept.overlay).ino).toBe(ino);
  await bringBack(machine.places, machine.privateFile, now);
  expectInPlace(machine, 'first');
  expect(readdirSync(shared).toSorted()).toEqual(['private.qcow2', 'private.qcow2.utopia.json']);
});

test('of a symbolic link the link is kept, and still leads to the file', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  rmSync(machine.privateFile);
  const target = join(folder.path, 'big disk.qcow2');
  writeFileSync(target, 'first');
  symlinkSync('../big disk.qcow2', machine.privateFile);
  const kept = await keepOverlay(machine.places, machine.privateFile, now);
  expect(readFileSync(kept.overlay, 'utf8')).toBe('first');
  await bringBack(machine.places, machine.privateFile, now);
  expect(readlinkSync(machine.privateFile)).toBe(target);
  expectInPlace(machine, 'first');
});

test('deleting a kept overlay frees all of it, and only it', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const first = await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'second');
  await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'third');
  await deleteKept(first);
  expect(await keptContents(machine)).toEqual(['second']);
  expect(existsSync(first.folder)).toBe(false);
  expectInPlace(machine, 'third');
});

test('a reset killed between the keys and the overlay gives the keys back', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const half = join(machine.places.keptDir, '2026-11-01T00-00-00.000Z');
  mkdirSync(join(half, 'ssh'), { recursive: true });
  const note = { schema: 1, path: machine.privateFile, keptAt: now.toISOString() };
  writeFileSync(join(half, 'kept.json'), JSON.stringify(note));
  writeFileSync(join(half, 'ssh/known_hosts'), 'keys of first');
  rmSync(machine.places.sshDir, { recursive: true });
  const kept = await keepOverlay(machine.places, machine.privateFile, now);
  expect(readFileSync(join(kept.folder, 'ssh/known_hosts'), 'utf8')).toBe('keys of first');
  expect(existsSync(half)).toBe(false);
});

test('an undo killed after it had made room goes on where it was', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const first = await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'second');
  await keepOverlay(machine.places, machine.privateFile, now, first.name);
  await bringBack(machine.places, machine.privateFile, now);
  expectInPlace(machine, 'first');
});

test('killed at any moment, resets and undos lose no overlay', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  await keepOverlay(machine.places, machine.privateFile, now);
  fill(machine, 'second');
  const script = buildProgram(
    folder.path,
    `import { bringBack } from './src/image/set-aside/bring-back.ts';
     const [places, privateFile] = JSON.parse(process.argv[2]);
     for (;;) {
       await bringBack(places, privateFile, new Date());
       process.stdout.write('.');
     }`,
  );
  const argument = JSON.stringify([machine.places, machine.privateFile]);
  for (let round = 0; round < 20; round += 1) {
    const child = spawn(process.execPath, [script, argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    // Hundreds of exchanges: a look that finds nothing would be one of them caught in the middle.
    for (let look = 0; look < 2_000; look += 1) statSync(machine.privateFile);
    // A few milliseconds are a few steps; which ones is up to chance.
    await sleep(round);
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    // There always is one; before it is replaced it has two names.
    const kept = (await listKept(machine.places, machine.privateFile)).map(
      ({ overlay }) => overlay,
    );
    const files = [machine.privateFile, ...kept];
    const inodes = new Map(files.map((file) => [statSync(file).ino, readFileSync(file, 'utf8')]));
    const all = [...inodes.values()];
    expect(new Set(all)).toEqual(new Set(['first', 'second']));
    expect(all).toHaveLength(2);
  }
  await bringBack(machine.places, machine.privateFile, now);
  expect(existsSync(machine.privateFile)).toBe(true);
});

test('what is old and not among the newest may go, and nothing else', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const overlay = Buffer.alloc(104);
  // A header that names a backing file.
  overlay.write('QFI\xfb', 'latin1');
  overlay.writeUInt32BE(3, 4);
  overlay.writeUInt32BE(96, 12);
  overlay.writeUInt32BE(8, 16);
  for (let days = 40; days > 0; days -= 5) {
    fill(machine, 'someone');
    if (days !== 35) writeFileSync(machine.privateFile, overlay);
    const keptAt = new Date(now.getTime() - days * 24 * 3600 * 1000);
    const kept = await keepOverlay(machine.places, machine.privateFile, keptAt);
    writeFileSync(`${kept.overlay}.vmstate`, 'memory');
  }
  const all = await listKept(machine.places, machine.privateFile);
  const old = choosePrunable(all, now).map(({ note }) => note.keptAt.slice(0, 10));
  expect(old).toEqual(['2026-10-14', '2026-10-19', '2026-10-24']);
  // Young ones stay, however many.
  expect(choosePrunable(all, new Date('2026-10-29T12:00:00Z'))).toHaveLength(1);
  expect(choosePrunable(all.slice(-5), now)).toEqual([]);

  // 35 days ago something else lay there: that is not deleted.
  expect(await pruneKept(machine.places, machine.privateFile, now)).toMatchObject({ count: 2 });
  const left = await listKept(machine.places, machine.privateFile);
  expect(left.map(({ name }) => name)).toEqual(
    all
      .slice(1, 2)
      .concat(all.slice(3))
      .map(({ name }) => name),
  );
  expect(existsSync(all[0]?.folder ?? '')).toBe(false);
});

test('an exchange that was killed is finished: memory and keys are where their overlay is', async () => {
  using folder = temporaryFolder();
  const machine = sampleMachine(folder.path);
  const { places, privateFile } = machine;
  writeFileSync(`${privateFile}.vmstate`, 'memory');
  writeFileSync(`${privateFile}.vmstate.json`, 'of first');
  const kept = await keepOverlay(places, privateFile, now);
  fill(machine, 'second');
  // As a kill behind the exchange leaves it: the overlay is back, what belongs to it is not.
  renameSync(kept.overlay, privateFile);
  rmSync(places.sshDir, { recursive: true });
  await finishInterrupted(places, privateFile);
  expect(readFileSync(`${privateFile}.vmstate.json`, 'utf8')).toBe('of first');
  expect(readFileSync(join(places.sshDir, 'known_hosts'), 'utf8')).toBe('keys of first');
  expect(await listKept(places, privateFile)).toEqual([]);

  // As a kill before it leaves it: two names, and nothing has changed.
  const twin = join(places.keptDir, '2026-11-23T13-00-00.000Z');
  mkdirSync(twin);
  const note = { schema: 1, path: privateFile, keptAt: now.toISOString() };
  writeFileSync(join(twin, 'kept.json'), JSON.stringify(note));
  linkSync(privateFile, join(twin, 'private.qcow2'));
  renameSync(places.sshDir, join(twin, 'ssh'));
  await finishInterrupted(places, privateFile);
  expect(readFileSync(privateFile, 'utf8')).toBe('first');
  expect(readFileSync(`${privateFile}.vmstate.json`, 'utf8')).toBe('of first');
  expect(readFileSync(join(places.sshDir, 'known_hosts'), 'utf8')).toBe('keys of first');
  expect(readdirSync(places.keptDir)).toEqual([]);
});
