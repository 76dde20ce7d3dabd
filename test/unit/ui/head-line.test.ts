import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { headLine } from '../../../src/ui/head-line.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

const out = new PassThrough() as unknown as NodeJS.WriteStream;
const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
const terminal = openTerminal({ stdin, stdout: out, stderr: out }, { LANG: 'C' });
const places = { cwd: '/lab', home: '/home/alice' };
const config = { name: 'ask2', file: '/lab/utopia.config', fileExists: true };

test.each([
  [{ keysSet: 4, dotenvKeysSet: 0 }, 'ask2 - ./utopia.config (4 keys set)'],
  [{ keysSet: 1, dotenvKeysSet: 2 }, 'ask2 - ./utopia.config (1 key set, 2 in .env)'],
])('%j', (set, end) => {
  const line = headLine({ ...config, ...set }, places, terminal);
  expect(line).toMatch(/^utopia \S+ - /);
  expect(line.endsWith(end)).toBe(true);
});

test.each([
  [0, 'no utopia.config here: every default'],
  [2, 'no utopia.config here: .env (2 keys set)'],
])('without a file, and %d keys in .env', (dotenvKeysSet, end) => {
  const without = { ...config, fileExists: false, keysSet: 0, dotenvKeysSet };
  expect(headLine(without, places, terminal).endsWith(end)).toBe(true);
});
