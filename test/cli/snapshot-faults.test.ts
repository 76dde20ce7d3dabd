import { mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A real QEMU, in whose machine only the firmware runs: its disk is empty.
needsOfHost('qemu', 'root', 'mount-namespaces');

/** A file system of this size that nothing else is on; gone after the test. */
function smallFileSystem(megabytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'utopia-small-'));
  onTestFinished(() => {
    execaSync('umount', ['--lazy', folder], { reject: false });
    rmdirSync(folder);
  });
  execaSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder]);
  return folder;
}

test('on a full disk a snapshot is not saved, and nothing else changes', async () => {
  const small = smallFileSystem(110);
  const overlay = join(small, 'private.qcow2');
  const filler = join(small, 'filler');
  await using lab = await makeLab({ config: [`QCOW2_PRIVATE_FILE='${overlay}'`] });
  const start = async (): Promise<void> => {
    const up = await lab.run('up', '--detach', '--no-wait');
    expect(up.status, up.stderr).toBe(0);
  };
  const leaveFree = (megabytes: number): void => {
    rmSync(filler, { force: true });
    const free = Number(execaSync('stat', ['-f', '-c', '%a', small]).stdout) * 4096;
    writeFileSync(filler, Buffer.alloc(Math.max(0, free - megabytes * 1e6)));
  };
  const expectRefusal = async (name: string): Promise<void> => {
    const full = await lab.run('snapshot', 'save', name);
    expect(full.status, full.stderr).toBe(73);
    expect(full.stderr).toMatch(/No room (.|\n)* {2}Do {2}Free some space/);
    expect(readdirSync(`${overlay}.snapshots`)).toEqual(['small']);
  };
  await start();
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect((await lab.run('snapshot', 'save', 'small')).status).toBe(0);
  execaSync('qemu-io', ['-c', 'write -P 1 0 1M', overlay]);
  execaSync('qemu-img', ['resize', '-q', overlay, '64M']);
  execaSync('qemu-io', ['-c', 'write -P 1 1M 19M', overlay]);

  leaveFree(10);
  await expectRefusal('disk');
  execaSync('qemu-img', ['check', '-q', overlay]);

  // A machine that runs: no room for its memory, then for its memory and not for its disk.
  rmSync(filler);
  await start();
  for (const megabytes of [1, 12]) {
    leaveFree(megabytes);
    await expectRefusal(`memory-${megabytes}`);
    const state = JSON.parse((await lab.run('status', '--json')).stdout) as { state: string };
    expect(state.state, `${megabytes}`).toMatch(/^(running|booting)$/);
  }
  rmSync(filler);
  const saved = await lab.run('snapshot', 'save', 'whole');
  expect(saved.status, saved.stderr).toBe(0);
  expect((await lab.run('down', '--force')).status).toBe(0);

  // Restoring needs room for the disk; without it, what was there is there.
  leaveFree(5);
  const restore = await lab.run('snapshot', 'restore', 'whole');
  expect(restore.status, restore.stderr).toBe(73);
  execaSync('qemu-img', ['check', '-q', overlay]);
  rmSync(filler);
  const restored = await lab.run('snapshot', 'restore', 'whole');
  expect(restored.stdout, restored.stderr).toMatch(/utopia up resumes from there/);
}, 120_000);
