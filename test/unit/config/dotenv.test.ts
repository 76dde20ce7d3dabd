import { chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyNames, type KeyName } from '../../../src/config/config-keys.ts';
import { loadConfig, type ConfigSources } from '../../../src/config/load-config.ts';
import { requireConfig, type ConfigReport } from '../../../src/config/config-report.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

// A person's own settings in the .env beside utopia.config.

interface Files {
  readonly dotenv: string | Uint8Array;
  readonly config?: string;
}

async function loadIn(
  folder: TemporaryFolder,
  { dotenv, config }: Files,
  sources: Partial<ConfigSources> = {},
): Promise<ConfigReport> {
  writeFileSync(join(folder.path, '.env'), dotenv);
  if (config !== undefined) writeFileSync(join(folder.path, 'utopia.config'), config);
  return await loadConfig({ cwd: folder.path, env: {}, home: '/home/student', ...sources });
}

async function load(files: Files, sources?: Partial<ConfigSources>): Promise<ConfigReport> {
  using folder = temporaryFolder();
  return await loadIn(folder, files, sources);
}

async function cpus(files: Files, sources?: Partial<ConfigSources>) {
  return (await load(files, sources)).values.UTOPIA_CPUS;
}

describe('precedence', () => {
  const config = '\nUTOPIA_CPUS=3\n';
  const dotenv = '# mine\n\nUTOPIA_CPUS=4\n';
  const env = { UTOPIA_CPUS: '5' };
  const flags = { UTOPIA_CPUS: '6' };

  test('is flag, environment, .env, utopia.config, default', async () => {
    expect(await cpus({ dotenv, config }, { env, flags })).toEqual({ value: 6, origin: 'flag' });
    expect(await cpus({ dotenv, config }, { env })).toEqual({ value: 5, origin: 'environment' });
    expect(await cpus({ dotenv, config })).toEqual({ value: 4, origin: 'dotenv', line: 3 });
    expect(await cpus({ dotenv: '', config })).toEqual({ value: 3, origin: 'file', line: 2 });
    expect(await cpus({ dotenv: '', config: '' })).toEqual({ value: 2, origin: 'default' });
  });

  test('leaves what utopia.config says of its own variables alone', async () => {
    const report = await load({
      dotenv: 'WHO=theirs\nUTOPIA_CPUS=4\n',
      config: 'UTOPIA_NAME=${WHO:-nobody}-${UTOPIA_CPUS:-none}\n',
    });
    expect(report.values.UTOPIA_NAME).toEqual({ value: 'nobody-none', origin: 'file', line: 1 });
  });

  test('holds for numbers, names and words; VERBOSE is other tools’', async () => {
    const samples: Partial<Record<KeyName, string>> = {
      UTOPIA_MEMORY_MB: '2G',
      UTOPIA_NAME: 'mine',
      UTOPIA_EXTRA_ARGS: "'-device edu'",
    };
    for (const [key, sample] of Object.entries(samples)) {
      const { values, errors } = await load({ dotenv: `${key}=${sample}\n` });
      expect([errors, values[key as KeyName].origin]).toEqual([[], 'dotenv']);
    }
    const theirs = await load({ dotenv: 'VERBOSE=1\nVERBOS=1\nverbose=1\n' });
    expect(theirs.values.VERBOSE).toEqual({ value: false, origin: 'default' });
    expect([theirs.warnings, theirs.config?.dotenvKeysSet]).toEqual([[], 0]);
  });

  test('counts the keys of each file by itself', async () => {
    const { config: loaded, dotenv: found } = await load({
      dotenv: 'UTOPIA_CPUS=4\nUTOPIA_NAME=mine\nPORT=80\n',
      config,
    });
    expect([loaded?.keysSet, loaded?.dotenvKeysSet]).toEqual([1, 2]);
    expect(found).toMatchObject({ label: '.env', exists: true, keysSet: 2 });
  });
});

describe('which .env', () => {
  test('is that beside the file which is meant', async () => {
    using folder = temporaryFolder();
    const at = (path: string): string => join(folder.path, path);
    mkdirSync(at('lab'));
    writeFileSync(at('.env'), 'UTOPIA_CPUS=7\n');
    writeFileSync(at('lab/.env'), 'UTOPIA_CPUS=4\nSHARED_FS_DIR=sources\n');
    const of = async (sources: Partial<ConfigSources>) =>
      await loadConfig({ cwd: folder.path, env: {}, home: '/', ...sources });
    // No utopia.config: the folder's. A known machine's: that of its folder.
    expect((await of({})).values.UTOPIA_CPUS.value).toBe(7);
    const known = await of({ machineFile: at('lab/utopia.config') });
    expect(known.values.UTOPIA_CPUS.value).toBe(4);
    expect(known.dotenv).toMatchObject({ file: at('lab/.env'), label: 'lab/.env' });
    // --config FILE: beside the file.
    writeFileSync(at('lab/other.config'), '');
    const named = await of({ file: 'lab/other.config' });
    expect(named.values.UTOPIA_CPUS.value).toBe(4);
    expect(named.config?.sharedDir).toBe(at('lab/sources'));
    expect((await of({ file: '.env' })).values.UTOPIA_CPUS.origin).toBe('file');
  });
});

test('values are literal: neither ~ nor $ means anything', async () => {
  const { config, errors, warnings } = await load(
    {
      dotenv:
        'SHARED_FS_DIR=~/lab\nQCOW2_PRIVATE_FILE=$HOME/x.qcow2\nUTOPIA_EXTRA_ARGS="-name ${HOME}"\n',
    },
    { env: { HOME: '/home/student' } },
  );
  expect([errors, warnings]).toEqual([[], []]);
  expect(config?.sharedDir).toBe(`${config?.folder}/~/lab`);
  expect(config?.privateFile).toBe(`${config?.folder}/$HOME/x.qcow2`);
  expect(config?.extraArgs).toEqual(['-name', '${HOME}']);
});

describe('names', () => {
  test('that resemble ours are said, with their line; others are never, nor their values', async () => {
    const report = await load({
      dotenv: [
        'DATABASE_URL=postgres://hunter2',
        'UTOPIA_CPU=hunter2',
        'utopia_memory_mb=hunter2',
        'UTOPIA_COLOUR=hunter2',
        'QCOW2_BACKING=hunter2',
        ...['SHARED=hunter2', 'PORT=hunter2', 'DEBUG=hunter2', 'COMPOSE_PROJECT_NAME=hunter2'],
        ...['KERNEL_SRCDIR=hunter2', 'HOME=hunter2', '__proto__=hunter2', 'constructor=hunter2'],
      ].join('\n'),
    });
    expect(report.errors).toEqual([]);
    expect(report.warnings.map(({ line, message }) => [line, message])).toEqual([
      [2, 'UTOPIA_CPU is not a key of utopia. Probably meant: UTOPIA_CPUS'],
      [3, 'utopia_memory_mb is not a key of utopia. Probably meant: UTOPIA_MEMORY_MB'],
      [4, 'UTOPIA_COLOUR is not a key of utopia.'],
      [5, 'QCOW2_BACKING is not a key of utopia. Probably meant: QCOW2_BACKING_FILE'],
    ]);
    expect(new Set(report.warnings.map(({ file }) => file))).toEqual(new Set([report.dotenv.file]));
    expect(JSON.stringify(report)).not.toContain('hunter2');
  });

  test('of ours that stand twice are said', async () => {
    const { values, warnings } = await load({
      dotenv: 'UTOPIA_CPUS=3\nA="\nUTOPIA_CPUS=9\n"\nexport UTOPIA_CPUS=4 # mine\n',
    });
    expect(values.UTOPIA_CPUS).toEqual({ value: 4, origin: 'dotenv', line: 5 });
    expect(warnings).toMatchObject([{ line: 5, key: 'UTOPIA_CPUS' }]);
    expect(warnings[0]?.message).toBe('UTOPIA_CPUS was already set on line 1; this line counts.');
  });
});

describe('problems', () => {
  test('name .env and its line, behind those of utopia.config', async () => {
    const report = await load({
      dotenv: '\nUTOPIA_CPUS=many\nUTOPIA_SSH_PORT=5901\n',
      config: 'UTOPIA_NAME=a b\n\n\nUTOPIA_VNC=:1\n',
    });
    expect(report.errors.map(({ file, line, key }) => [file, line, key])).toEqual([
      [undefined, 1, undefined],
      [report.dotenv.file, 2, 'UTOPIA_CPUS'],
      [report.dotenv.file, 3, 'UTOPIA_SSH_PORT'],
    ]);
    expect(() => requireConfig(report)).toThrow('utopia.config and .env have 3 problems.');
    const alone = await load({ dotenv: 'UTOPIA_CPUS=many\n' });
    expect(() => requireConfig(alone)).toThrow('.env:1: UTOPIA_CPUS is "many", which');
    const two = await load({ dotenv: 'UTOPIA_CPUS=many\nUTOPIA_ACCEL=hvf\n' });
    expect(() => requireConfig(two)).toThrow('.env has 2 problems.');
  });

  test('are those of values that count only, whatever line of utopia.config has the same number', async () => {
    const outranked = { flags: { UTOPIA_CPUS: '2' } };
    expect((await load({ dotenv: 'UTOPIA_CPUS=many\n' }, outranked)).errors).toEqual([]);
    const { errors } = await load({ dotenv: 'UTOPIA_CPUS=many\n', config: 'A=$(ls)\n' });
    expect(errors.map(({ file }) => file === undefined)).toEqual([true, false]);
  });

  test('are a quote that was left open, and bytes that are not UTF-8; neither is quoted', async () => {
    const open = await load({ dotenv: "UTOPIA_EXTRA_ARGS='-m 1\nsecret=hunter2\nB=don'\n" });
    expect(open.errors).toMatchObject([
      { line: 1, message: expect.stringContaining('looks like another assignment') as unknown },
    ]);
    const lines = await load({ dotenv: "UTOPIA_NAME='a\n# hunter2'\n" });
    expect(lines.errors).toMatchObject([{ line: 1, key: 'UTOPIA_NAME' }]);
    expect(JSON.stringify([open, lines])).not.toContain('hunter2');
    const bytes = Buffer.concat([Buffer.from('UTOPIA_NAME=x'), Buffer.from([0xe1, 0x0a])]);
    expect((await load({ dotenv: bytes })).errors).toMatchObject([
      { line: 1, key: 'UTOPIA_NAME', message: expect.stringContaining('not UTF-8') as unknown },
    ]);
    const foreign = Buffer.concat([Buffer.from('A=x'), Buffer.from([0xe1, 0x0a])]);
    expect((await load({ dotenv: foreign })).errors).toEqual([]);
  });
});

test('settings that could have QEMU run programs are known to be of .env', async () => {
  const { config } = await load({
    dotenv: "QEMU_BUILD_DIR=./tools\nUTOPIA_EXTRA_ARGS='-sandbox off'\n",
    config: 'QEMU_BUILD_DIR=/opt/qemu\n',
  });
  expect(config?.carried).toEqual({ relativeQemu: true, argumentsFile: '.env' });
});

describe('a .env of somebody else', () => {
  needsOfHost('root');
  const other = 54_002;

  test('is not read, which is said; also behind a link of mine, and where theirs leads to mine', async () => {
    using folder = temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const told = async () => {
      const report = await loadConfig({ cwd: folder.path, env: {}, home: '/' });
      expect(report.errors).toEqual([]);
      expect(report.values.UTOPIA_NAME.origin).toBe('default');
      expect(report.dotenv.exists).toBe(false);
      return report.warnings.map(({ message }) => message);
    };
    const said = ['.env is not read: user 54002 owns it, neither you nor root.'];
    writeFileSync(at('theirs'), 'UTOPIA_NAME=planted\n');
    chownSync(at('theirs'), other, other);
    symlinkSync('theirs', at('.env'));
    expect(await told()).toEqual(said);
    chownSync(at('theirs'), 0, 0);
    lchownSync(at('.env'), other, other);
    expect(await told()).toEqual(said);
  });
});

test('every key is one that a .env may have, or VERBOSE', async () => {
  const { dotenv } = await load({ dotenv: keyNames.map((key) => `${key}=x\n`).join('') });
  expect(dotenv.keysSet).toBe(keyNames.length - 1);
});
