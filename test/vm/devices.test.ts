import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { simulateTick, tickMs } from '../../src/sensors/simulate.ts';
import { createTally, type StreamTally } from '../../src/sensors/tally.ts';
import { freePort } from '../support/boot.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu', 'image-tools', 'ssh');

/** Three disks as the ext2 exercise has them: two raw ones and a qcow2. */
function makeDisks(folder: string): string[] {
  return ['fsdisk1.img', 'fsdisk2.img', 'fsdisk3.qcow2'].map((name, index) => {
    const path = join(folder, name);
    const raw = join(folder, 'raw');
    writeFileSync(raw, '');
    truncateSync(raw, 16e6);
    execFileSync('/sbin/mke2fs', ['-q', '-F', '-t', 'ext2', '-L', `lab${index + 1}`, raw]);
    const format = name.endsWith('.qcow2') ? 'qcow2' : 'raw';
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, path]);
    return path;
  });
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

/** What the guest's own `cat` reads at its serial port in so many seconds. */
async function readInGuest(lab: Lab, seconds: number): Promise<StreamTally> {
  const line = `stty -F /dev/ttyS1 57600 raw -echo && timeout ${seconds} cat /dev/ttyS1 | base64`;
  const { stdout, stderr } = await lab.run('ssh', '--', line);
  const tally = createTally();
  tally.add(Buffer.from(stdout, 'base64'), 0);
  expect(stderr).toBe('');
  return tally.read();
}

/** A server of the lab: it sends to whoever is connected. */
async function serveSensors(port: number): Promise<{ stop(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
    const timer = setInterval(() => {
      socket.write(simulateTick(Math.floor(Date.now() / tickMs)) ?? '');
    }, tickMs);
    socket.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function logHas(lab: Lab, pattern: RegExp): Promise<void> {
  while (!pattern.test(readFileSync(lab.paths().sensorsLog, 'utf8'))) await sleep(100);
}

test('exercise disks keep their answers; the sensor stream arrives whole', async () => {
  const config = [
    `UTOPIA_DISKS='fsdisk1.img ./fsdisk2.img:second fsdisk3.qcow2'`,
    'UTOPIA_SENSORS=sim',
  ];
  await using lab = await makeLab({ backing: await testImage(), config });
  const disks = makeDisks(lab.folder);
  const before = disks.map(md5);
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);

  // A minute of the simulated stream, while the disks are worked with.
  const minute = readInGuest(lab, 60);
  for (const [name, device, label] of [
    ['fsdisk1', 'vdb', 'lab1'],
    ['second', 'vdc', 'lab2'],
    ['fsdisk3', 'vdd', 'lab3'],
  ] as const) {
    const byId = `/dev/disk/by-id/virtio-${name}`;
    const work = [
      `readlink -f ${byId}`,
      `blkid -o value -s LABEL ${byId}`,
      `mount ${byId} /mnt && dd if=/dev/urandom of=/mnt/written bs=1M count=3 status=none`,
      'sync; umount /mnt; mount -o ro ' + byId + ' /mnt && stat -c %s /mnt/written; umount /mnt',
    ].join(' && ');
    const { stdout, stderr } = await lab.run('ssh', '--', work);
    expect(stdout, stderr).toBe(`/dev/${device}\n${label}\n3145728\n`);
  }
  expect(disks.map(md5)).toEqual(before);

  const { nodes, sensorFrames, otherFrames, crcFailures, truncated } = await minute;
  expect({ crcFailures, truncated }).toEqual({ crcFailures: 0, truncated: 0 });
  expect(nodes.map(({ node }) => node)).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
  expect(sensorFrames).toBeGreaterThan(100);
  expect(otherFrames).toBeGreaterThan(10);

  // A server that goes and comes back, while the guest reads.
  const port = await freePort();
  let server = await serveSensors(port);
  expect(await lab.run('sensors', 'use', `tcp:127.0.0.1:${port}`)).toMatchObject({ status: 0 });
  await logHas(lab, /connected to 127\.0\.0\.1/);
  const reading = readInGuest(lab, 24);
  await sleep(6_000);
  server.stop();
  await logHas(lab, /the feed ended after [1-9]\d* frames/);
  await sleep(2_000);
  server = await serveSensors(port);
  await logHas(lab, /connected[^]*ended after[^]*connected/);
  const stream = await reading;
  server.stop();
  expect(stream).toMatchObject({ crcFailures: 0, truncated: 0 });
  expect(stream.sensorFrames).toBeGreaterThan(20);

  await goBackWithDisk(lab);
  const down = await lab.run('down');
  expect(down.stdout).toContain('the guest powered down');
  expect(lab.processes()).toEqual([]);
  expect(disks.map(md5)).toEqual(before);
  expect(statSync(join(lab.paths().stateDir, 'disks/fsdisk1.qcow2')).size).toBeGreaterThan(3e6);
});

/** What the guest has written to an exercise disk goes where its memory goes: with a snapshot, and with a reset. */
async function goBackWithDisk(lab: Lab): Promise<void> {
  const utopia = async (...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await lab.run(...words);
    expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const inGuest = async (line: string): Promise<string> => await utopia('ssh', '--', line);
  await inGuest('mount /dev/vdb /mnt && echo that moment > /mnt/moment');
  await utopia('snapshot', 'save', 'moment');
  await inGuest('echo later > /mnt/moment && sync');
  await utopia('down', '--force');
  await utopia('snapshot', 'restore', 'moment');
  await utopia('up', '--detach');
  expect(await inGuest('cat /mnt/moment')).toBe('that moment\n');
  await utopia('suspend');
  await utopia('reset', '--yes');
  // Its layers are made anew.
  await utopia('up', '--detach', '--no-wait');
  await utopia('down', '--force');
  await utopia('undo');
  await utopia('up', '--detach');
  const check =
    'echo 3 > /proc/sys/vm/drop_caches; cat /mnt/moment; umount /mnt; e2fsck -fn /dev/vdb >&2';
  expect(await inGuest(check)).toBe('that moment\n');
}
