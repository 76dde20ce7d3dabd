import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The built program as a user runs it; QEMU is a stand-in, the private file and qemu-img are real.
needsOfHost('qemu');

type OffLab = Lab & { readonly overlay: string; readonly keys: string };

/** A lab whose machine has run once and is off. */
async function offLab(): Promise<OffLab> {
  const lab = await makeLab({ scenario: {} });
  await lab.run('up', '--detach', '--no-wait');
  await lab.run('down', '--force');
  mkdirSync(lab.paths().sshDir, { recursive: true });
  const keys = join(lab.paths().sshDir, 'known_hosts');
  writeFileSync(keys, 'first');
  return Object.assign(lab, { overlay: join(lab.folder, 'private.qcow2'), keys });
}

/** Writes a pattern into the guest's disk, as a guest would. */
function writeDisk(overlay: string, pattern: number): void {
  execaSync('qemu-io', ['-c', `write -P ${pattern} 64k 64k`, overlay]);
}

/** What the guest's disk holds there; the file is a whole qcow2. */
function diskHolds(overlay: string, pattern: number): boolean {
  execaSync('qemu-img', ['check', '-q', overlay]);
  const read = execaSync('qemu-io', ['-r', '-c', `read -P ${pattern} 64k 64k`, overlay], {
    reject: false,
  });
  // Not every version of qemu-io has a status for it.
  expect(read.stdout).toContain('read 65536/65536 bytes');
  return !read.stdout.includes('Pattern verification failed');
}

describe('utopia snapshot', () => {
  test('goes back and forth: save, restore, reset --to, undo again and again', async () => {
    await using lab = await offLab();
    writeDisk(lab.overlay, 1);
    const saved = await lab.run('snapshot', 'save', 'one', '-m', 'driver compiles');
    expect(saved, saved.stderr).toMatchObject({ status: 0 });
    expect(saved.stdout).toContain('utopia snapshot restore one');
    writeFileSync(lab.keys, 'second');
    writeDisk(lab.overlay, 2);
    expect(await lab.run('snapshot', 'save', 'two')).toMatchObject({ status: 0 });
    writeDisk(lab.overlay, 3);

    expect(await lab.run('snapshot', 'restore', 'one')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 1)).toBe(true);
    expect(readFileSync(lab.keys, 'utf8')).toBe('first');
    expect(await lab.run('reset', '--to', 'two')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 2)).toBe(true);
    const list = await lab.run('snapshot', 'list');
    expect(list.stdout).toMatch(
      /^one +\d+ kB +just now {2}disk only {2}driver compiles\n {2}two .*\n.*in all\n\nSet aside .*:\n(?:\S+Z +\d+ kB +just now {2}disk only\n){2}$/,
    );

    // The restore before the last one is taken back by a second undo.
    expect((await lab.run('undo')).stdout).toContain('is back');
    expect(diskHolds(lab.overlay, 1)).toBe(true);
    expect(await lab.run('undo')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 3)).toBe(true);
    expect(readFileSync(lab.keys, 'utf8')).toBe('second');
    const nothing = await lab.run('undo');
    expect(nothing.status).toBe(69);
    expect(nothing.stderr).toContain('has been taken back');

    // What came back starts, with the backing file it was made over.
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    const running = await lab.run('snapshot', 'restore', 'two');
    expect(running.status).toBe(75);
    expect(running.stderr).toContain('utopia down');
    await lab.run('down', '--force');
  });

  test('what was set aside is listed, and any of it comes back by its name', async () => {
    await using lab = await offLab();
    writeDisk(lab.overlay, 1);
    expect(await lab.run('snapshot', 'save', 'one')).toMatchObject({ status: 0 });
    expect((await lab.run('snapshot', 'list')).stdout).not.toContain('aside');
    writeDisk(lab.overlay, 2);
    expect(await lab.run('snapshot', 'restore', 'one')).toMatchObject({ status: 0 });
    writeDisk(lab.overlay, 3);
    expect(await lab.run('snapshot', 'restore', 'one')).toMatchObject({ status: 0 });
    expect(await lab.run('snapshot', 'remove', 'one', '--yes')).toMatchObject({ status: 0 });

    const list = await lab.run('snapshot', 'list');
    expect(list.stderr).toContain('No snapshots yet');
    expect(list.stdout).toMatch(/utopia undo NAME/);
    const names = list.stdout.match(/^\d{4}-\S+(?= +\d+ kB +just now {2}disk only$)/gm);
    const { aside } = JSON.parse((await lab.run('snapshot', 'list', '--json')).stdout) as {
      readonly aside: readonly { readonly name: string }[];
    };
    expect(aside.map(({ name }) => name)).toEqual(names);
    expect(names).toHaveLength(2);

    const unknown = await lab.run('undo', 'yesterday');
    expect(unknown.status).toBe(69);
    expect(unknown.stderr).toContain(`There are: ${names?.join(', ')}`);
    expect(await lab.run('undo', names?.[0] ?? '')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 2)).toBe(true);
    // What was there made room, and is no step of an undo.
    expect(await lab.run('undo')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 3)).toBe(true);
    expect((await lab.run('undo')).status).toBe(69);
  });

  test('refuses what is taken, unknown or no name, and removes', async () => {
    await using lab = await offLab();
    expect(await lab.run('snapshot', 'save', 'one')).toMatchObject({ status: 0 });
    expect((await lab.run('snapshot', 'save', 'one')).status).toBe(73);
    writeDisk(lab.overlay, 7);
    expect(await lab.run('snapshot', 'save', '--replace', 'one')).toMatchObject({ status: 0 });
    expect(readdirSync(`${lab.overlay}.snapshots`)).toEqual(['one']);
    expect(diskHolds(join(`${lab.overlay}.snapshots`, 'one/disk.qcow2'), 7)).toBe(true);
    expect((await lab.run('snapshot', 'save', '../one')).status).toBe(64);
    const unknown = await lab.run('snapshot', 'restore', 'two');
    expect(unknown.status).toBe(69);
    expect(unknown.stderr).toContain('There are: one');
    const shown = await lab.run('snapshot', 'show', 'one', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ schema: 1, snapshot: { name: 'one' } });
    expect((await lab.run('snapshot', 'remove', 'one')).status).toBe(69);
    expect(await lab.run('snapshot', 'remove', 'one', '--yes')).toMatchObject({ status: 0 });
    expect(existsSync(`${lab.overlay}.snapshots`)).toBe(false);
    expect((await lab.run('snapshot', 'list', '--json')).stdout).toContain('"snapshots":[]');
  });

  test('no copy is made of one whose image has changed, nor of one that is not there', async () => {
    await using lab = await offLab();
    expect(await lab.run('snapshot', 'save', 'one')).toMatchObject({ status: 0 });
    const unknown = await lab.run('run', '--from', 'two', '--', 'true');
    expect(unknown.status).toBe(69);
    expect(unknown.stderr).toContain('There are: one');
    writeFileSync(join(lab.folder, '../base.raw'), Buffer.alloc(1 << 20, 'another'));
    const changed = await lab.run('run', '--json', '--from', 'one', '--', 'true');
    expect(JSON.parse(changed.stdout)).toMatchObject({ outcome: 'not-started', from: 'one' });
    expect(changed.status).toBe(69);
    expect(changed.stderr).toContain('The snapshot one needs its image as it was');
  });

  test('killed at any moment of saving and restoring, nothing is half and nothing lost', async () => {
    await using lab = await offLab();
    writeDisk(lab.overlay, 1);
    expect(await lab.run('snapshot', 'save', 'one')).toMatchObject({ status: 0 });
    writeDisk(lab.overlay, 2);
    let whole = 0;
    let replaced = false;
    for (let run = 0; run < 20; run += 1) {
      const saves = run % 4 === 0 ? [`run-${run}`] : ['two', '--replace'];
      const words = run % 2 === 0 ? ['save', ...saves] : ['restore', 'one'];
      const child = spawn(lab.command[0], [lab.command[1], '-q', 'snapshot', ...words], {
        cwd: lab.folder,
        env: lab.env,
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([ended, sleep(100 + (randomBytes(1)[0] ?? 0))]);
      child.kill('SIGKILL');
      await ended;
      // The private file is replaced in one step: there always is one.
      expect(diskHolds(lab.overlay, 1) || diskHolds(lab.overlay, 2)).toBe(true);
      const parsed = JSON.parse((await lab.run('snapshot', 'list', '--json')).stdout) as {
        readonly snapshots: readonly { readonly name: string; readonly disk: string }[];
      };
      // Once there, one that is replaced goes only when the new one is whole.
      const two = parsed.snapshots.some(({ name }) => name.startsWith('two'));
      expect(two || !replaced).toBe(true);
      replaced = two;
      whole = parsed.snapshots.length;
      for (const { disk } of parsed.snapshots) execaSync('qemu-img', ['check', '-q', disk]);
    }
    expect(whole).toBeGreaterThan(0);
    expect(await lab.run('snapshot', 'save', 'last')).toMatchObject({ status: 0 });
    const names = readdirSync(`${lab.overlay}.snapshots`);
    expect(names.filter((name) => name.endsWith('.draft'))).toEqual([]);
    expect(await lab.run('snapshot', 'restore', 'one')).toMatchObject({ status: 0 });
    expect(diskHolds(lab.overlay, 1)).toBe(true);
  });
});
