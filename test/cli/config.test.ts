import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const program = join(import.meta.dirname, '../../bin/utopia.js');

function utopia(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], {
    cwd,
    env: { HOME: '/home/student', LANG: 'C.UTF-8', ...env },
    encoding: 'utf8',
  });
}

test('init writes a configuration and a .gitignore once, and keeps what is there', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, '.gitignore'), 'mine\n*.raw');
  expect(utopia(folder.path, ['init']).status).toBe(0);
  const file = join(folder.path, 'utopia.config');
  expect(readFileSync(file, 'utf8')).toContain('\n#UTOPIA_MEMORY_MB=2G\n');
  const ignored = readFileSync(join(folder.path, '.gitignore'), 'utf8').split('\n');
  expect(ignored.slice(0, 2)).toEqual(['mine', '*.raw']);
  expect(ignored).toContain('/private.qcow2*');
  expect(ignored.filter((line) => line === '*.raw')).toHaveLength(1);

  writeFileSync(file, 'UTOPIA_CPUS=3\n');
  const again = utopia(folder.path, ['init']);
  expect(again.status).toBe(73);
  expect(again.stderr).toContain('exists already');
  expect(readFileSync(file, 'utf8')).toBe('UTOPIA_CPUS=3\n');
});

test('init speaks of git where there is a repository, here or above, and nowhere else', () => {
  using folder = temporaryFolder();
  const plain = join(folder.path, 'plain');
  const below = join(folder.path, 'repository/labs/one');
  const worktree = join(folder.path, 'worktree');
  for (const path of [plain, below, worktree]) mkdirSync(path, { recursive: true });
  mkdirSync(join(folder.path, 'repository/.git'));
  writeFileSync(join(worktree, '.git'), 'gitdir: /elsewhere\n');
  const { status, stdout, stderr } = utopia(plain, ['init']);
  expect({ status, files: readdirSync(plain) }).toEqual({ status: 0, files: ['utopia.config'] });
  expect(stdout + stderr).not.toContain('git');
  expect(JSON.parse(utopia(plain, ['--config', 'b', 'init', '--json']).stdout)).toMatchObject({
    gitignore: { added: [] },
  });
  for (const path of [below, worktree]) {
    expect(utopia(path, ['init']).stdout).toContain('to .gitignore.');
    expect(readFileSync(join(path, '.gitignore'), 'utf8')).toContain('/private.qcow2*\n');
  }
});

test('init does not write through a link that leads nowhere', () => {
  using folder = temporaryFolder();
  symlinkSync(join(folder.path, 'elsewhere'), join(folder.path, 'utopia.config'));
  expect(utopia(folder.path, ['init']).status).toBe(73);
  expect(existsSync(join(folder.path, 'elsewhere'))).toBe(false);
});

test('config --json keeps its contract: origins, lines, resolved values', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'utopia.config'), 'UTOPIA_MEMORY_MB=2G\nSHARED_FS_DIR=~/lab\n');
  const { status, stdout } = utopia(folder.path, ['config', '--json', '--cpus', '4'], {
    UTOPIA_NAME: 'ask1',
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 1,
    file: join(folder.path, 'utopia.config'),
    values: {
      UTOPIA_MEMORY_MB: { value: 2048, origin: 'file', line: 1 },
      SHARED_FS_DIR: { value: '/home/student/lab', origin: 'file', line: 2 },
      UTOPIA_CPUS: { value: 4, origin: 'flag' },
      UTOPIA_NAME: { value: 'ask1', origin: 'environment' },
      QEMU_BUILD_DIR: { value: null, origin: 'default' },
    },
    warnings: [],
    errors: [],
  });
});

test('config counts the keys that the file sets, not those of flags and of the environment', () => {
  using folder = temporaryFolder();
  const more = ['--cpus', '4', '--memory', '2G'];
  const headLine = (): string =>
    utopia(folder.path, ['config', ...more], { UTOPIA_NAME: 'ask1' }).stdout.split('\n')[0] ?? '';
  expect(headLine()).toBe('no utopia.config · utopia init writes one');
  writeFileSync(join(folder.path, 'utopia.config'), 'UTOPIA_CPUS=3\nUTOPIA_NAME=ask2\n');
  expect(headLine()).toMatch(/^utopia\.config · 2 of \d+ keys set$/);
});

test('config prints everything and ends with 78 when a value is wrong', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'utopia.config'), 'UTOPIA_CPUS=0\nUTOPIA_NAME=a b\n');
  const plain = utopia(folder.path, ['config']);
  expect(plain.status).toBe(78);
  expect(plain.stdout).toContain('UTOPIA_SSH_PORT');
  expect(plain.stderr).toContain('utopia.config:1: UTOPIA_CPUS is "0"');
  expect(plain.stderr).toContain('utopia.config:2: There is an unquoted blank before b');
  const json = utopia(folder.path, ['config', '--json']);
  expect(json.status).toBe(78);
  expect(JSON.parse(json.stdout)).toMatchObject({
    errors: [
      { line: 1, key: 'UTOPIA_CPUS' },
      { line: 2, hint: expect.stringContaining('UTOPIA_NAME="a b"') as string },
    ],
  });
});

test('nothing in the file is executed', () => {
  using folder = temporaryFolder();
  const lines = ['A=$(touch ran)', 'B=`touch ran`', 'touch ran', 'C=<(touch ran)', 'D=x > ran'];
  writeFileSync(join(folder.path, 'utopia.config'), lines.join('\n'));
  const { status, stdout } = utopia(folder.path, ['config', '--json']);
  expect(status).toBe(78);
  expect((JSON.parse(stdout) as { errors: unknown[] }).errors).toHaveLength(lines.length);
  expect(existsSync(join(folder.path, 'ran'))).toBe(false);
});

test('config --help names every key within 80 columns', () => {
  using folder = temporaryFolder();
  const { status, stdout } = utopia(folder.path, ['config', '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('UTOPIA_EXTRA_ARGS');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
