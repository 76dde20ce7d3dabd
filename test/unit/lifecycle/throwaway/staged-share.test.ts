import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  outermost,
  shareLimits,
  stageShare,
} from '../../../../src/lifecycle/throwaway/staged-share.ts';
import {
  namedButUnseen,
  programInFolder,
  withHint,
} from '../../../../src/lifecycle/several/seen-paths.ts';
import type { RunReport } from '../../../../src/lifecycle/throwaway/run-verdict.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { signal } = new AbortController();

function makeClass(folder: string): string {
  const lab = join(folder, 'lab');
  mkdirSync(join(lab, 'subs/anna/src'), { recursive: true });
  mkdirSync(join(lab, 'subs/babis'));
  writeFileSync(join(lab, 'subs/anna/src/answer.c'), 'int answer = 42;');
  writeFileSync(join(lab, 'subs/anna/run'), '#!/bin/sh\n');
  chmodSync(join(lab, 'subs/anna/run'), 0o750);
  utimesSync(join(lab, 'subs/anna/run'), 1_000, 2_000);
  symlinkSync('/etc/passwd', join(lab, 'subs/anna/outside'));
  symlinkSync('../babis/answer.c', join(lab, 'subs/anna/neighbour'));
  execFileSync('mkfifo', [join(lab, 'subs/anna/pipe')]);
  writeFileSync(join(lab, 'subs/babis/answer.c'), 'of babis');
  writeFileSync(join(lab, 'tests.key'), 'secret');
  writeFileSync(join(lab, 'grade.sh'), '#!/bin/sh\n');
  return lab;
}

test('a copy gets its own paths, at their places, and nothing else', async () => {
  using folder = temporaryFolder();
  const lab = makeClass(folder.path);
  const into = join(folder.path, 'share');
  await stageShare(lab, ['./subs/anna', join(lab, 'grade.sh')], into, signal);
  expect(readdirSync(into).toSorted()).toEqual(['grade.sh', 'subs']);
  expect(readdirSync(join(into, 'subs'))).toEqual(['anna']);
  const mine = join(into, 'subs/anna');
  expect(readFileSync(join(mine, 'src/answer.c'), 'utf8')).toBe('int answer = 42;');
  const { mode, mtimeMs } = statSync(join(mine, 'run'));
  expect({ mode: mode & 0o777, mtimeMs }).toEqual({ mode: 0o750, mtimeMs: 2_000_000 });
  // Links stay what they are, and lead to what the guest has; a pipe would block whoever copies it.
  expect(readlinkSync(join(mine, 'outside'))).toBe('/etc/passwd');
  expect(lstatSync(join(mine, 'neighbour')).isSymbolicLink()).toBe(true);
  expect(existsSync(join(mine, 'neighbour'))).toBe(false);
  expect(readdirSync(mine)).not.toContain('pipe');
});

test('a path that is a link itself is what it leads to', async () => {
  using folder = temporaryFolder();
  const lab = makeClass(folder.path);
  symlinkSync('subs/anna', join(lab, 'late'));
  const into = join(folder.path, 'share');
  await stageShare(lab, ['late'], into, signal);
  expect(readFileSync(join(into, 'late/src/answer.c'), 'utf8')).toBe('int answer = 42;');
  symlinkSync('..', join(lab, 'out'));
  await expect(stageShare(lab, ['out'], `${into}2`, signal)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('out cannot be given to a copy'),
  });
});

test('more than the limits is refused before it is copied', async () => {
  using folder = temporaryFolder();
  const lab = makeClass(folder.path);
  writeFileSync(join(lab, 'subs/babis/huge'), '');
  truncateSync(join(lab, 'subs/babis/huge'), shareLimits.bytes + 1);
  await expect(
    stageShare(lab, ['subs/babis'], join(folder.path, 'a'), signal),
  ).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('--share-folder') });
  let deep = join(lab, 'deep');
  for (let depth = 0; depth <= shareLimits.depth + 1; depth += 1) deep = join(deep, 'd');
  mkdirSync(deep, { recursive: true });
  await expect(stageShare(lab, ['deep'], join(folder.path, 'b'), signal)).rejects.toMatchObject({
    message: 'deep is too much to give to each copy.',
  });
});

test('a path within another one is there once', () => {
  expect(outermost(['subs/anna', 'subs/anna/run', 'subs/annabel', 'subs/anna'])).toEqual([
    'subs/anna',
    'subs/annabel',
  ]);
  expect(outermost(['a/b', ''])).toEqual(['']);
});

test('the program of a command is found where it lies in the folder', async () => {
  using folder = temporaryFolder();
  const lab = makeClass(folder.path);
  for (const [words, program] of [
    [['./grade.sh', 'subs/anna'], 'grade.sh'],
    [[join(lab, 'grade.sh')], 'grade.sh'],
    [['sh', '-eu', 'grade.sh', 'subs/anna'], 'grade.sh'],
    [['/bin/bash', './grade.sh'], 'grade.sh'],
    [['sh', '-c', './grade.sh subs/anna'], undefined],
    [['grade.sh'], undefined],
    [['./nosuch.sh'], undefined],
    [['../../bin/sh'], undefined],
    [['./subs'], undefined],
  ] satisfies [string[], string | undefined][]) {
    expect(await programInFolder(words, lab), words.join(' ')).toBe(program);
  }
});

test('what a command names and no copy sees is found, also in a line of shell', async () => {
  using folder = temporaryFolder();
  const lab = makeClass(folder.path);
  const line = 'cat {} subs/babis/answer.c ./tests.key && ./grade.sh /etc/passwd subs';
  expect(await namedButUnseen(['sh', '-c', line], lab, ['grade.sh'])).toEqual([
    'subs/babis/answer.c',
    './tests.key',
  ]);
  expect(await namedButUnseen(['tests.key', '{}', '-x', '.'], lab, [])).toEqual(['tests.key']);
});

test('a command that misses a program is told of --with', () => {
  const report = { outcome: 'exited', commandStatus: 127, message: null } as RunReport;
  expect(withHint(report).message).toContain('--with');
  expect(withHint({ ...report, commandStatus: 1 }).message).toBeNull();
});
