import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConsoleTail } from '../../../src/guest/console-tail.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the last lines are shown without escape sequences, and the prompt as it is', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'console.log');
  expect(await readConsoleTail(file)).toBe('');
  const lines = Array.from({ length: 20 }, (_, at) => `\u001B[1mline ${at}\u001B[0m\r\n\r\n`);
  writeFileSync(file, `${lines.join('')}login: `);
  const tail = await readConsoleTail(file);
  expect(tail).toMatch(/^line 12\nline 13\n/);
  expect(tail).toMatch(/\nline 19\nlogin:/);
});
