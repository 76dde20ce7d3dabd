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

const explain = async (words: readonly string[], status: number | null) =>
  await explainScriptFailure(words, status, folder);

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
  expect(await explain([file], 127)).toContain('/usr/bin/python9, may not be in the guest.');
  expect(await explain([file], 1)).toBeUndefined();
  expect(await explain(['sh', file], 127)).toBeUndefined();
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
