import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The built program as a user runs it; QEMU is a stand-in, qemu-img is the real one.
needsOfHost('qemu');

/** A lab whose machine has run once, with a host key of its guest's. */
async function usedLab(): Promise<Lab & { readonly overlay: string; readonly keys: string }> {
  const lab = await makeLab({ scenario: {} });
  await lab.run('up', '--detach', '--no-wait');
  await lab.run('down', '--force');
  const keys = join(lab.paths().sshDir, 'known_hosts');
  mkdirSync(lab.paths().sshDir, { recursive: true });
  writeFileSync(keys, 'the first key');
  return Object.assign(lab, { overlay: join(lab.folder, 'private.qcow2'), keys });
}

describe('utopia reset', () => {
  test('without a terminal asks for --yes, and changes nothing', async () => {
    await using lab = await usedLab();
    const outcome = await lab.run('reset');
    expect(outcome.status).toBe(69);
    expect(outcome.stderr).toContain('Add --yes');
    expect(existsSync(lab.overlay)).toBe(true);
  });

  test('puts the overlay aside; up makes a fresh one; --undo swaps them, keys and all', async () => {
    await using lab = await usedLab();
    const first = readFileSync(lab.overlay);
    const reset = await lab.run('reset', '--yes');
    expect(reset).toMatchObject({ status: 0 });
    expect(reset.stdout).toContain('utopia reset --undo');
    expect(existsSync(lab.overlay)).toBe(false);
    expect(existsSync(lab.keys)).toBe(false);

    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    await lab.run('down', '--force');
    const undo = await lab.run('reset', '--undo', '--json');
    expect(JSON.parse(undo.stdout)).toMatchObject({
      ...{ schema: 1, action: 'returned', path: lab.overlay },
      kept: { count: 1 },
    });
    expect(readFileSync(lab.overlay).equals(first)).toBe(true);
    expect(readFileSync(lab.keys, 'utf8')).toBe('the first key');
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    await lab.run('down', '--force');
  });

  test('deletes what was set aside long ago, and says so; the newest five stay', async () => {
    await using lab = await usedLab();
    const first = JSON.parse((await lab.run('reset', '--yes', '--json')).stdout) as {
      readonly keptAs: string;
    };
    const { keptDir } = lab.paths();
    const note = readFileSync(join(dirname(first.keptAs), 'kept.json'), 'utf8');
    for (const day of [1, 2, 3, 4, 5, 6]) {
      const folder = join(keptDir, `2025-01-0${day}T12-00-00.000Z`);
      cpSync(dirname(first.keptAs), folder, { recursive: true });
      const old = note.replace(/"keptAt": "[^"]+"/, `"keptAt": "2025-01-0${day}T12:00:00.000Z"`);
      writeFileSync(join(folder, 'kept.json'), old);
    }
    await lab.run('up', '--detach', '--no-wait');
    await lab.run('down', '--force');
    const reset = await lab.run('reset', '--yes', '--json');
    expect(reset.stderr).toMatch(/Deleted: 3 overlays set aside more than 14 days ago, \d+ kB\./);
    expect(JSON.parse(reset.stdout)).toMatchObject({ pruned: { count: 3 }, kept: { count: 5 } });
    expect(readdirSync(keptDir).toSorted()[0]).toBe('2025-01-04T12-00-00.000Z');
  });

  test('is refused while the machine runs', async () => {
    await using lab = await usedLab();
    await lab.run('up', '--detach', '--no-wait');
    for (const args of [['--yes'], ['--undo'], ['--purge', '--yes']]) {
      const outcome = await lab.run('reset', ...args);
      expect(outcome.status).toBe(75);
      expect(outcome.stderr).toMatch(/is running (.|\n)*\n {2}Do {2}utopia down/);
    }
    expect(existsSync(lab.overlay)).toBe(true);
    await lab.run('down', '--force');
  });

  test('--purge deletes the overlay and what was kept', async () => {
    await using lab = await usedLab();
    await lab.run('reset', '--yes');
    await lab.run('up', '--detach', '--no-wait');
    await lab.run('down', '--force');
    const purge = await lab.run('reset', '--purge', '--yes', '--json');
    expect(JSON.parse(purge.stdout)).toMatchObject({ action: 'deleted', kept: { count: 0 } });
    expect(existsSync(lab.overlay)).toBe(false);
    expect(readdirSync(lab.paths().keptDir)).toEqual([]);
    expect((await lab.run('reset', '--undo')).status).toBe(69);
  });

  test('--purge never deletes a whole disk under that name', async () => {
    await using lab = await usedLab();
    writeFileSync(lab.overlay, Buffer.alloc(4096, 'a raw disk'));
    const outcome = await lab.run('reset', '--purge', '--yes');
    expect(outcome.status).toBe(69);
    expect(outcome.stderr).toContain('is no overlay');
    expect(existsSync(lab.overlay)).toBe(true);
  });

  test('--undo with --purge is a mistake', async () => {
    await using lab = await makeLab();
    expect((await lab.run('reset', '--undo', '--purge')).status).toBe(64);
  });
});

describe('utopia image rebase', () => {
  test('leads the machine to its moved image', async () => {
    await using lab = await usedLab();
    const moved = join(lab.folder, 'moved.raw');
    const config = readFileSync(join(lab.folder, 'utopia.config'), 'utf8');
    const old = /QCOW2_BACKING_FILE='(.*)'/.exec(config)?.[1] ?? '';
    renameSync(old, moved);
    writeFileSync(join(lab.folder, 'utopia.config'), config.replace(old, moved));

    const refused = await lab.run('up', '--detach', '--no-wait');
    expect(refused.status).toBe(69);
    expect(refused.stderr).toContain('it was moved');
    expect(refused.stderr).toContain('utopia image rebase --to');
    const rebase = await lab.run('image', 'rebase', '--to', 'moved.raw');
    expect(rebase).toMatchObject({ status: 0 });
    expect(rebase.stdout).toContain('Size and sampled contents are those');
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    await lab.run('down', '--force');
  });

  test('onto another image is refused', async () => {
    await using lab = await usedLab();
    writeFileSync(join(lab.folder, 'other.raw'), Buffer.alloc(1 << 20, 'other'));
    const outcome = await lab.run('image', 'rebase', '--to', 'other.raw', '--yes');
    expect(outcome.status).toBe(69);
    expect(outcome.stderr).toContain('is not the image');
  });
});
