import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu', 'image-tools');

/** Three disks as the ext2 exercise has them; one with a blank and Greek letters in its path. */
function makeDisks(folder: string): string[] {
  mkdirSync(join(folder, 'οι δίσκοι'));
  return ['fsdisk1.img', 'fsdisk2.img', 'οι δίσκοι/3, τρία.img'].map((name, index) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    truncateSync(path, 8e6);
    execFileSync('/sbin/mke2fs', ['-q', '-F', '-t', 'ext2', '-L', `lab${index + 1}`, path]);
    return path;
  });
}

interface Listed {
  readonly running: boolean;
  readonly disks: readonly {
    readonly name: string;
    readonly path: string;
    readonly device: string;
  }[];
}

async function listDisks(lab: Lab, ...args: readonly string[]): Promise<Listed> {
  return JSON.parse((await lab.run('disks', '--json', ...args)).stdout) as Listed;
}

const config = [`UTOPIA_DISKS='fsdisk1.img ./fsdisk2.img:ro "οι δίσκοι/3, τρία.img":rw:third'`];

test('disks of the config, in order, with layers that are made anew', async () => {
  await using lab = await makeLab({ scenario: {}, config });
  const files = makeDisks(lab.folder);
  const sums = (): string[] =>
    files.map((file) => createHash('md5').update(readFileSync(file)).digest('hex'));
  const before = sums();

  const text = await lab.run('disks');
  expect(text).toMatchObject({ status: 0, stderr: '' });
  expect(text.stdout).toMatch(/vdb +8\.0 MB {2}ext2 "lab1"/);
  expect(text.stdout).toContain('/dev/disk/by-id/virtio-third');
  expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(await listDisks(lab)).toMatchObject({
    running: false,
    disks: [
      {
        name: 'fsdisk1',
        device: '/dev/vdb',
        mode: 'snapshot',
        format: 'raw',
        filesystem: 'ext2',
        label: 'lab1',
        bytes: 8e6,
        problem: undefined,
      },
      { name: 'fsdisk2', device: '/dev/vdc', mode: 'ro' },
      {
        name: 'third',
        device: '/dev/vdd',
        mode: 'rw',
        path: files[2],
        byId: '/dev/disk/by-id/virtio-third',
      },
    ].map((disk) => JSON.parse(JSON.stringify(disk)) as object),
  });

  const dry = await lab.run('up', '--dry-run', '--json');
  const { argv } = JSON.parse(dry.stdout) as { readonly argv: readonly string[] };
  const layers = join(lab.paths().stateDir, 'disks');
  const at = argv.indexOf(
    `file=${join(layers, 'fsdisk1.qcow2')},if=none,id=exercise0,format=qcow2,discard=unmap`,
  );
  expect(argv.slice(at - 1, at + 11)).toEqual([
    '-drive',
    argv[at],
    '-device',
    'virtio-blk-pci,drive=exercise0,serial=fsdisk1',
    '-drive',
    `file=${files[1]?.replaceAll(',', ',,')},if=none,id=exercise1,format=raw,readonly=on`,
    '-device',
    'virtio-blk-pci,drive=exercise1,serial=fsdisk2',
    '-drive',
    `file=${files[2]?.replaceAll(',', ',,')},if=none,id=exercise2,format=raw,discard=unmap`,
    '-device',
    'virtio-blk-pci,drive=exercise2,serial=third',
  ]);
  expect(() => statSync(layers)).toThrow('ENOENT');

  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect(readdirSync(layers)).toEqual(['fsdisk1.qcow2']);
  expect(statSync(layers).mode & 0o777).toBe(0o700);
  expect((await lab.run('disks')).stdout).toContain('In the running machine:');
  await lab.run('down');

  writeFileSync(join(layers, 'left-over.qcow2'), 'x');
  expect(await lab.run('up', '--detach', '--disk', `${files[1]}:one`)).toMatchObject({ status: 0 });
  expect(readdirSync(layers)).toEqual(['one.qcow2']);
  expect((await listDisks(lab)).disks.map(({ name }) => name)).toEqual(['one']);
  expect(sums()).toEqual(before);
});

describe('refused before anything is started', () => {
  test.each([
    ['none.img', 69, /none\.img\) does not exist/],
    ['fsdisk1.img fsdisk1.img', 69, /are the same file/],
    ['private.qcow2', 69, /private file/],
    ['fsdisk1.img:πρώτος', 78, /gives a disk the name "πρώτος"/],
  ])('%s', async (disks, status, message) => {
    await using lab = await makeLab({ scenario: {} });
    makeDisks(lab.folder);
    writeFileSync(join(lab.folder, 'private.qcow2'), 'x');
    lab.writeConfig([`UTOPIA_DISKS='${disks}'`]);
    const up = await lab.run('up', '--detach');
    expect(up.status).toBe(status);
    expect(up.stderr.replaceAll(/\s+/g, ' ')).toMatch(message);
    expect(up.stderr).toMatch(/^ {2}Do {2}/m);
    expect(lab.processes()).toEqual([]);
  });
});

test('utopia disks names every disk, and fails as up would', async () => {
  await using lab = await makeLab({ scenario: {} });
  makeDisks(lab.folder);
  const { status, stdout, stderr } = await lab.run(
    'disks',
    '--disk',
    'fsdisk1.img',
    '--disk',
    'x.img',
  );
  expect(status).toBe(69);
  expect(stdout).toMatch(/vdb +8\.0 MB {2}ext2/);
  expect(stdout).toContain('/dev/vdc  x: cannot be attached');
  expect(stderr).toMatch(/x\.img\) does\s+not\s+exist/);
  expect((await lab.run('disks')).stdout).toContain('No exercise disks.');
});

describe('devices', () => {
  const args = ['-device', 'virtio-cryptodev-pci'];

  test('are listed with what they are for', async () => {
    await using lab = await makeLab({ scenario: { devices: ['virtio-blk-pci', 'edu'] } });
    const { status, stdout } = await lab.run('devices');
    expect(status).toBe(0);
    expect(stdout).toMatch(/✓ virtio-blk-pci +the root disk/);
    expect(stdout).toMatch(/! virtio-9p-pci +the shared folder\n +not built in: configure/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const { devices } = JSON.parse((await lab.run('devices', '--json')).stdout) as {
      readonly devices: readonly { readonly name: string; readonly present: boolean }[];
    };
    const present = devices.filter((device) => device.present).map(({ name }) => name);
    expect(present).toEqual(['virtio-blk-pci', 'edu']);
  });

  test.each([
    [['up', '--detach', '--', ...args], []],
    [['up', '--dry-run'], [`UTOPIA_EXTRA_ARGS='${args.join(' ')}'`]],
  ])('one that this QEMU lacks is refused before the start: %j', async (words, lines) => {
    await using lab = await makeLab({ scenario: {}, config: lines });
    const { status, stderr } = await lab.run(...words);
    expect(status).toBe(69);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('asks for the device virtio-cryptodev-pci');
    expect(stderr).toContain('QEMU_BUILD_DIR=');
    expect(lab.processes()).toEqual([]);
  });
});
