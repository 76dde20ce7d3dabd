import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { confirm, confirmByKey } from '../../../src/ui/ask.ts';
import { onTerminal } from '../../../src/ui/reporter.ts';
import { openTerminal, type Terminal } from '../../../src/ui/terminal.ts';

/** A terminal of so many columns whose reader has typed `keys`, and what stands on it. */
function terminalOf(columns: number, keys = ''): { terminal: Terminal; shown: () => string } {
  const stdin = Object.assign(new PassThrough(), {
    ...{ isTTY: true, setRawMode: () => undefined },
  }) as unknown as NodeJS.ReadStream;
  const stream = new PassThrough();
  const out = Object.assign(stream, { isTTY: true, columns }) as unknown as NodeJS.WriteStream;
  let text = '';
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  stdin.push(keys);
  const terminal = openTerminal(
    { stdin, stdout: out, stderr: out },
    { LANG: 'C.UTF-8', NO_COLOR: '1' },
  );
  return { terminal, shown: () => text };
}

const question = 'The disk of this folder has 12 MB of your own work. Delete all of it for good?';

test('a question that is wider than the terminal is broken at its blanks', async () => {
  const { signal } = new AbortController();
  const line = terminalOf(40, 'y\n');
  expect(await confirm(line.terminal, question, { assumeYes: false, signal })).toBe(true);
  const key = terminalOf(40, 'y');
  expect(await confirmByKey(key.terminal, question, signal)).toBe(true);
  for (const { shown } of [line, key]) {
    const lines = stripVTControlCharacters(shown()).split(/[\r\n]+/);
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(40);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(question);
  }
});

test('a warning stands below its mark on a terminal, and is one line for a program', () => {
  const { terminal, shown } = terminalOf(40);
  onTerminal(terminal).reporter.warn(question);
  expect(shown()).toBe(
    '! The disk of this folder has 12 MB of\n  your own work. Delete all of it for\n  good?\n',
  );
  const piped = new PassThrough();
  const stream = piped as unknown as NodeJS.WriteStream;
  const program = openTerminal({ stdin: process.stdin, stdout: stream, stderr: stream }, {});
  onTerminal(program).reporter.warn(question);
  expect(String(piped.read())).toBe(`! ${question}\n`);
});
