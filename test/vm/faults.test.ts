import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// What goes wrong on a host, with a real QEMU and a real guest.
needsOfHost('qemu', 'image-tools', 'ssh', 'root', 'mount-namespaces');

const mebibyte = 1024 ** 2;

test('a full disk that gets room again, a killed QEMU, a killed launcher', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  const small = join(lab.folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=420m', 'tmpfs', small]);
  try {
    const filler = join(small, 'filler');
    lab.writeConfig([`QCOW2_PRIVATE_FILE='${join(small, 'private.qcow2')}'`]);
    const up = lab.start('up');
    await up.sees(/stop +Ctrl-C here/);

    // The guest writes 60 MB where some 30 are left.
    const { bavail, bsize } = statfsSync(small);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 30 * mebibyte, 1));
    const write = 'dd if=/dev/urandom of=/root/big bs=1M count=60 conv=fsync && md5sum /root/big';
    const writing = lab.start('ssh', '--', write);
    await up.sees(/the disk of the host is full: QEMU has paused the guest; no data is lost/);
    const status = JSON.parse((await lab.run('status', '--json')).stdout) as { state: string };
    expect(status.state).toBe('out-of-space');
    expect((await lab.run('ls')).stdout).toContain('out-of-space');
    rmSync(filler);
    await up.sees(/there is room again; the guest goes on/);
    const written = await writing.ended;
    expect(written.status, written.stderr).toBe(0);
    // Nothing was lost: what the guest's cache knew is what the disk has.
    const read = await lab.run('ssh', '--', 'echo 3 > /proc/sys/vm/drop_caches; md5sum /root/big');
    expect(read.stdout).toBe(written.stdout);

    const running = await findRunning(lab.paths());
    process.kill(running?.qemu.pid ?? 0, 'SIGKILL');
    const { status: ended, stderr } = await up.ended;
    expect(ended).toBe(69);
    expect(stderr).toContain('QEMU ended unexpectedly (SIGKILL)');
    expect(lab.processes()).toEqual([]);

    const again = lab.start('up');
    await again.sees(/kernel +Linux/);
    again.child.kill('SIGKILL');
    await again.ended;
    await sleep(500);
    expect((await lab.run('status')).stdout).toContain('is booting');
    expect(lab.processes()).toHaveLength(1);
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 75 });
    expect((await lab.run('down', '--force')).stdout).toContain('is off');
    expect(lab.processes()).toEqual([]);
  } finally {
    const running = await findRunning(lab.paths());
    if (running !== undefined) process.kill(running.qemu.pid, 'SIGKILL');
    execFileSync('umount', ['--lazy', small]);
  }
});
