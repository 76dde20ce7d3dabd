import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { explainScriptFailure } from '../../../src/guest/script-start.ts';

const folder = mkdtempSync(join(tmpdir(), 'utopia-script-'));
afterAll(() => rmSync(folder, { recursive: true }));

function script(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text, { mode: 0o755 });
  return `./${name}`;
}

const explain = async (words: readonly string[], status: number | null, said = '') =>
  await explainScriptFailure({ words, status, folder, from: folder, said });

test('a script with Windows line ends is said to have them, however it was run', async () => {
  const file = script('crlf.sh', '#!/bin/sh\r\necho a\r\n');
  const said = `${file} has Windows line ends, which a shell takes for a part of its words. Remove them: sed -i 's/\\r$//' ${file}`;
  expect(await explain([file], 127)).toBe(said);
  expect(await explain(['sh', file, 'x'], 2)).toBe(said);
  expect(await explain([file], 0)).toBeUndefined();
  expect(await explain([file], null)).toBeUndefined();
  execFileSync('sh', ['-c', said.replace(/^.*: (?=sed)/, '')], { cwd: folder });
  expect(execFileSync(file, { cwd: folder }).toString()).toBe('a\n');
});

test('the program of a first line is named when a script that is there is not found', async () => {
  const file = script('a.py', '#!/usr/bin/python9 -u\nprint()\n');
  for (const said of [
    `/bin/sh: 4: ${file}: not found\n`,
    `a line\nsetsid: failed to execute ${file}: No such file or directory\n`,
    `bash: line 1: ${file}: cannot execute: required file not found\n`,
  ]) {
    expect(await explain([file], 127, said)).toContain('/usr/bin/python9, may not be in the guest');
    expect(await explain([file], 1, said)).toBeUndefined();
    expect(await explain(['sh', file], 127, said)).toBeUndefined();
  }
});

test('nothing is said of a script that was started, and of which another word is missing', async () => {
  const file = script('clean.sh', '#!/bin/sh\nnosuchtool\n');
  for (const said of [
    `${file}: 2: nosuchtool: not found\n`,
    `${file}: 2: ./other.sh: not found\n`,
    'env: ‘pyhton3’: No such file or directory\n',
    '',
  ]) {
    expect(await explain([file], 127, said), said).toBeUndefined();
  }
});

test('a script is named from where the reader is, and one that the guest does not see not at all', async () => {
  mkdirSync(join(folder, 'mod'));
  script('mod/test.sh', '#!/bin/sh\r\n');
  const said = await explainScriptFailure({
    ...{ words: ['./test.sh'], status: 127, said: '', folder: join(folder, 'mod'), from: folder },
  });
  expect(said).toContain("sed -i 's/\\r$//' ./mod/test.sh");
  script('outside.sh', '#!/bin/sh\r\n');
  const words = ['../outside.sh'];
  expect(
    await explainScriptFailure({
      ...{ words, status: 127, said: '', folder: join(folder, 'mod'), from: folder },
    }),
  ).toBeUndefined();
});

test('nothing is said of what is no script, or cannot be read', async () => {
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const word of ['./none', './folder', './pipe', 'make', ''])
    expect(await explain([word], 127), word).toBeUndefined();
  expect(await explain([], 127)).toBeUndefined();
  expect(await explain(['sh'], 127)).toBeUndefined();
  const binary = script('binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x0a, 0x0d]));
  expect(await explain([binary], 127)).toBeUndefined();
  expect(await explain([script('long', `#!${'x'.repeat(300)}\r\n`)], 127)).toBeUndefined();
});
