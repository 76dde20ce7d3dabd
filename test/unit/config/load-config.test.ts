import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type ConfigSources } from '../../../src/config/load-config.ts';
import { requireConfig, type ConfigReport } from '../../../src/config/config-report.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'utopia-config-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function load(
  text: string | Uint8Array | undefined,
  sources: Partial<ConfigSources> = {},
): Promise<ConfigReport> {
  if (text !== undefined) await writeFile(join(folder, 'utopia.config'), text);
  return loadConfig({ cwd: folder, env: {}, home: '/home/student', ...sources });
}

describe('values', () => {
  test('come from the defaults when there is no file', async () => {
    const report = await load(undefined);
    expect(report.errors).toEqual([]);
    expect(report.fileExists).toBe(false);
    expect(requireConfig(report)).toMatchObject({
      folder,
      qemuBuildDir: undefined,
      backingFile: undefined,
      privateFile: join(folder, 'private.qcow2'),
      memoryMiB: 1024,
      cpus: 2,
      sshPort: 22223,
      sshInterface: '127.0.0.1',
      sharedDir: join(folder, 'shared'),
      accelerator: 'auto',
      vnc: { kind: 'display', host: '127.0.0.1', display: 0 },
      extraArgs: [],
      verbose: false,
      keysSet: 0,
    });
  });

  test('follow flag, environment, file, default, in that order', async () => {
    const report = await load('UTOPIA_CPUS=3\nUTOPIA_MEMORY_MB=2G\n\nUTOPIA_NAME=ask2\n', {
      env: { UTOPIA_CPUS: '4', UTOPIA_NAME: 'ask3' },
      flags: { UTOPIA_NAME: 'ask4' },
    });
    expect(report.values).toMatchObject({
      UTOPIA_MEMORY_MB: { value: 2048, origin: 'file', line: 2 },
      UTOPIA_CPUS: { value: 4, origin: 'environment' },
      UTOPIA_NAME: { value: 'ask4', origin: 'flag' },
      UTOPIA_ACCEL: { value: 'auto', origin: 'default' },
    });
    // Of the file: what stands elsewhere, or outranks it, does not change what it sets.
    expect(report.config?.keysSet).toBe(3);
    const flags = { UTOPIA_CPUS: '4', UTOPIA_ACCEL: 'tcg', UTOPIA_LOGIN: 'key' };
    expect((await load('UTOPIA_CPUS=3\n', { flags })).config?.keysSet).toBe(1);
  });

  test('are paths from the folder of the file, Greek letters and blanks included', async () => {
    await mkdir(join(folder, 'Λειτουργικά Συστήματα'));
    const file = 'Λειτουργικά Συστήματα/lab.config';
    await writeFile(join(folder, file), 'SHARED_FS_DIR=../"κοινός φάκελος"/x/../y\n');
    const report = await load(undefined, { file });
    expect(report.config?.sharedDir).toBe(join(folder, 'κοινός φάκελος') + '/x/../y');
    expect(report.config?.name).toBe('Λειτουργικά-Συστήματα');
  });

  test('resolve a name to its IPv4 address', async () => {
    const report = await load('UTOPIA_SSH_INTERFACE=lab-host\n', {
      lookup: async (name) => (name === 'lab-host' ? '192.0.2.7' : Promise.reject(new Error(name))),
    });
    expect(report.config?.sshInterface).toBe('192.0.2.7');
  });
});

describe('problems', () => {
  test('are all listed, with line, message and hint', async () => {
    const report = await load(
      [
        'A = 3',
        'UTOPIA_MEMORY_MB=2',
        'QEMU_BUILD_DIR=$(pwd)/qemu',
        'UTOPIA_SSH_PORT=22',
        'QCOW2_PRIVATE_FILE=',
        'QCOW2_BACKING_FILE=/my folder/x',
        'UTOPIA_VNC=0.0.0.0:1',
        'UTOPIA_NAME="a',
      ].join('\n'),
    );
    expect(report.errors.map(({ line, key }) => [line, key])).toEqual([
      [1, undefined],
      [2, 'UTOPIA_MEMORY_MB'],
      [3, undefined],
      [4, 'UTOPIA_SSH_PORT'],
      [5, 'QCOW2_PRIVATE_FILE'],
      [6, undefined],
      [7, 'UTOPIA_VNC'],
      [8, undefined],
    ]);
    expect(report.errors.every(({ message, hint }) => message !== '' && hint !== '')).toBe(true);
    expect(report.config).toBeUndefined();
    expect(() => requireConfig(report)).toThrow('utopia.config has 8 problems.');
  });

  test('include a named file that is missing, a folder in its place, and an image', async () => {
    expect((await load(undefined, { file: 'other.config' })).errors).toMatchObject([
      { message: 'other.config does not exist.' },
    ]);
    await mkdir(join(folder, 'utopia.config'));
    expect((await load(undefined)).errors).toMatchObject([
      { message: './utopia.config is a folder; a configuration file is needed.' },
    ]);
    await writeFile(join(folder, 'image.raw'), new Uint8Array(2 * 1024 * 1024));
    expect((await load(undefined, { file: 'image.raw' })).errors).toMatchObject([
      {
        message:
          'image.raw is no configuration file: it has 2097152 bytes; at most 1048576 are read.',
      },
    ]);
  });

  test('name the place of a value that is not in the file', async () => {
    const report = await load('', {
      env: { UTOPIA_CPUS: 'many' },
      flags: { UTOPIA_ACCEL: 'hvf' },
    });
    expect(report.errors.map(({ message }) => message)).toEqual([
      'UTOPIA_CPUS is "many", which is not a whole number. (From the environment.)',
      'UTOPIA_ACCEL is "hvf", which is not an accelerator. (From the command line.)',
    ]);
  });

  test('arise between keys', async () => {
    const report = await load(
      'QCOW2_BACKING_FILE=./x\nQCOW2_PRIVATE_FILE=x\nUTOPIA_SSH_PORT=5901\nUTOPIA_VNC=:1\n',
    );
    expect(report.errors.map(({ line, key }) => [line, key])).toEqual([
      [2, 'QCOW2_PRIVATE_FILE'],
      [3, 'UTOPIA_SSH_PORT'],
    ]);
  });
});

describe('a kernel of the user’s own', () => {
  test('is a build by its name, or a path that starts at the file', async () => {
    const named = await load('UTOPIA_KERNEL=6.1.192-lab+\nUTOPIA_APPEND=" single  x=1 "\n');
    expect(named.config).toMatchObject({ kernel: '6.1.192-lab+', append: 'single  x=1' });
    const path = await load('UTOPIA_KERNEL=./bzImage\nUTOPIA_INITRD=initrd.img\n');
    expect(path.config).toMatchObject({
      kernel: join(folder, 'bzImage'),
      initrd: join(folder, 'initrd.img'),
    });
    expect((await load('')).config).toMatchObject({ kernel: undefined });
  });

  test.each([
    ['UTOPIA_KERNEL=-x', 'is not the name of a build'],
    ["UTOPIA_KERNEL='a b'", 'is not the name of a build'],
    ['UTOPIA_KERNEL=mine\nUTOPIA_APPEND=λ', 'a kernel command line cannot have'],
    [`UTOPIA_KERNEL=mine\nUTOPIA_APPEND=${'x'.repeat(1201)}`, 'is longer than 1200'],
    ['UTOPIA_APPEND=single', 'UTOPIA_KERNEL names none'],
    ['UTOPIA_INITRD=./i', 'UTOPIA_KERNEL names none'],
  ])('%s is refused', async (text, message) => {
    const { errors } = await load(text);
    expect(errors.map((each) => each.message).join()).toContain(message);
  });
});
