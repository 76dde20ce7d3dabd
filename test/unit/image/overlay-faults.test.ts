import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLockHolder } from '../../../src/image/file-locks.ts';
import { describeOverlay, prepareOverlay } from '../../../src/image/overlay.ts';
import { readRecord } from '../../../src/image/overlay-record.ts';
import { buildProgram } from '../../support/program.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { imgBinary, qemuImg, refusalOf, sampleLab } from './sample-lab.ts';

/** A program of its own that prepares the overlay of the folder given to it, and prints the outcome as JSON. */
const program = `
import { prepareOverlay } from './src/image/overlay.ts';
const [folder, image] = process.argv.slice(2);
const outcome = await prepareOverlay({
  config: { privateFile: folder + '/private.qcow2' },
  backing: { path: image, format: 'raw', origin: 'config' },
  imgBinary: '${imgBinary}',
  signal: new AbortController().signal,
  now: new Date(),
}).catch(({ name, code, message }) => ({ name, code, message }));
process.stdout.write(JSON.stringify(outcome));
`;

let built: TemporaryFolder;
let script: string;

beforeAll(() => {
  built = temporaryFolder();
  script = buildProgram(built.path, program);
});
afterAll(() => built[Symbol.dispose]());

describe('another process', () => {
  needsOfHost('qemu');

  test('that has the overlay open is named, and the overlay stays as it was', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    await prepareOverlay(lab.question);
    const before = readFileSync(lab.privateFile);
    // A line-buffered pipe would need a terminal: the lock itself shows that the file is open.
    const holder = spawn('qemu-io', ['-c', 'sleep 600000', lab.privateFile], { stdio: 'ignore' });
    try {
      await untilHeld(lab.privateFile, holder);
      for (const look of [prepareOverlay, describeOverlay]) {
        const refusal = await refusalOf(look(lab.question));
        expect(refusal.code).toBe('overlay-locked');
        expect(refusal.message).toContain(`in use by qemu-io, process ${holder.pid}`);
      }
      const shown = await prepareOverlay({ ...lab.question, running: true });
      expect(shown).toMatchObject({ created: false });
      expect(readFileSync(lab.privateFile)).toEqual(before);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    expect(await prepareOverlay(lab.question)).toMatchObject({ created: false });
  });

  test('that only reads it is not in the way', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    await prepareOverlay(lab.question);
    const args = ['-U', '-r', '-c', 'sleep 600000', lab.privateFile];
    const reader = spawn('qemu-io', args, { stdio: 'ignore' });
    try {
      await untilOpen(lab.privateFile, reader);
      expect(await prepareOverlay(lab.question)).toMatchObject({ created: false });
    } finally {
      reader.kill('SIGKILL');
      await once(reader, 'exit');
    }
  });

  test('that makes it at the same moment: one makes it, all have it', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const outputs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, [script, folder.path, lab.image]);
        return JSON.parse((await child.stdout.setEncoding('utf8').toArray()).join('')) as {
          readonly created: boolean;
        };
      }),
    );
    expect(outputs.map(({ created }) => created)).toEqual(expect.arrayContaining([true, false]));
    expect(outputs.filter(({ created }) => created)).toHaveLength(1);
    expect(qemuImg('check', lab.privateFile)).toContain('No errors');
  });
});

async function untilHeld(path: string, child: ChildProcess): Promise<void> {
  while ((await findLockHolder(path)) === undefined) {
    if (child.exitCode !== null) throw new Error('the holder has ended');
    await sleep(10);
  }
}

async function untilOpen(path: string, child: ChildProcess): Promise<void> {
  const folder = `/proc/${child.pid}/fd`;
  const has = (fd: string): boolean =>
    spawnSync('readlink', [join(folder, fd)], { encoding: 'utf8' }).stdout.trim() === path;
  while (!readdirSync(folder).some(has)) {
    if (child.exitCode !== null) throw new Error('the reader has ended');
    await sleep(10);
  }
}

describe('a creation killed at any moment', () => {
  needsOfHost('qemu');

  test('leaves nothing, or a whole overlay with its record', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const started = performance.now();
    execFileSync(process.execPath, [script, folder.path, lab.image]);
    const wholeMs = performance.now() - started;
    let whole = 0;
    const rounds = 30;
    for (let round = 0; round < rounds; round += 1) {
      rmSync(lab.privateFile, { force: true });
      const child = spawn(process.execPath, [script, folder.path, lab.image], { stdio: 'ignore' });
      // Evenly over the creation's own time and a little more, whatever the machine's speed.
      await sleep((wholeMs * 1.2 * (round + 1)) / rounds);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (!existsSync(lab.privateFile)) continue;
      whole += 1;
      expect((await readRecord(lab.privateFile))?.backing.path).toBe(lab.image);
      expect(qemuImg('check', lab.privateFile)).toContain('No errors');
    }
    expect(whole).toBeLessThan(rounds);
    // A qemu-img whose launcher was killed may still write its draft, never the file itself.
    expect(await prepareOverlay(lab.question)).toMatchObject({ path: lab.privateFile });
    expect(qemuImg('check', lab.privateFile)).toContain('No errors');
  });
});

/** Prepares the overlay in a folder that is mounted so, in a mount namespace that ends with it. */
function prepareMounted(mount: string): { readonly code?: string; readonly message?: string } {
  using folder = temporaryFolder();
  const lab = sampleLab(folder.path);
  const place = join(folder.path, 'place');
  mkdirSync(place);
  copyFileSync(lab.image, join(folder.path, 'copy.raw'));
  const commands = `${mount} && exec "$0" "$1" "$2" "$3"`;
  const args = ['-m', 'sh', '-c', commands, process.execPath, script, place, lab.image];
  const output = execFileSync('unshare', args, {
    encoding: 'utf8',
    env: { ...process.env, PLACE: place },
  });
  expect(readdirSync(place)).toEqual([]);
  return JSON.parse(output) as { readonly code?: string; readonly message?: string };
}

describe('a file system in the way', () => {
  needsOfHost('qemu', 'root', 'mount-namespaces');

  test('a full disk: what is free and what is needed', () => {
    const outcome = prepareMounted('mount -t tmpfs -o size=20m none "$2"');
    expect(outcome.code).toBe('disk-full');
    expect(outcome.message).toMatch(/: 2\d MB free, 64 MB needed/);
  });

  test('a disk without inodes', () => {
    const outcome = prepareMounted('mount -t tmpfs -o size=100m,nr_inodes=1 none "$2"');
    expect(outcome.code).toBe('disk-full');
  });

  test('a read-only folder', () => {
    const outcome = prepareMounted('mount -t tmpfs -o ro none "$2"');
    expect(outcome.code).toBe('cannot-create');
    expect(outcome.message).toContain('not writable (EROFS)');
  });
});

describe('a folder of somebody else', () => {
  needsOfHost('qemu', 'root');

  test('is refused before anything is made', () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    execFileSync('chmod', ['755', folder.path, built.path]);
    const args = ['--reuid=65534', '--clear-groups', process.execPath, script];
    const output = execFileSync('setpriv', [...args, folder.path, lab.image], { encoding: 'utf8' });
    expect(JSON.parse(output)).toMatchObject({ code: 'cannot-create' });
    expect(existsSync(lab.privateFile)).toBe(false);
  });
});
