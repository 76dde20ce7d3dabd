import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readBlocks } from '../support/page-blocks.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What the commands do is tested by test/slow/kernel-hello-syscall.test.ts.

test('both languages have the same commands, patches and output', () => {
  const blocks = readBlocks('hello-syscall.md');
  expect(blocks.map(({ language }) => language)).toEqual([
    ...['sh', 'sh', 'diff', 'diff', 'diff', 'diff'],
    ...['sh', 'c', 'sh', 'text', 'sh', 'text'],
  ]);
  expect(readBlocks('hello-syscall.el.md')).toEqual(blocks);
});

test('the patches apply to files that have their context', () => {
  using folder = temporaryFolder();
  for (const { language, text } of readBlocks('hello-syscall.md')) {
    if (language !== 'diff') continue;
    const file = join(folder.path, /^\+\+\+ b\/(.+)$/m.exec(text)?.[1] ?? '');
    const before = text.split('\n').filter((line) => line.startsWith(' '));
    if (before.length > 0) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${before.map((line) => line.slice(1)).join('\n')}\n`);
    }
    execFileSync('patch', ['-p1', '-d', folder.path], { input: text });
    const after = readFileSync(file, 'utf8');
    for (const [, added = ''] of text.matchAll(/^\+(?!\+\+ )(.*)$/gm))
      expect(after).toContain(added);
  }
});
