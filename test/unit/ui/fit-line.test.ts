import { PassThrough } from 'node:stream';
import { array, assert, integer, property, stringMatching } from 'fast-check';
import { expect, test } from 'vitest';
import { fitLine } from '../../../src/ui/fit-line.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

test.each([
  ['that fits', 'one two three four', ['one two three four']],
  ['of plain words', 'one two three four five', ['one two three four', 'five']],
  ['behind a mark', '✗ one two three four five', ['✗ one two three four', '  five']],
  ['behind a label', '  stop    utopia down now', ['  stop    utopia', '          down now']],
  ['behind blanks', '    one two three four', ['    one two three', '    four']],
  ['with a path', 'in /var/lib/utopia/one/two', ['in', '/var/lib/utopia/one/', 'two']],
  ['with a long word', 'a https://example.org/x?y=1234', ['a', 'https://example.org/x?y=1234']],
  ['that is quoted', '  | one two three four five', ['  | one two three four five']],
  ['with tabs', 'one\ttwo\tthree four five six', ['one\ttwo\tthree four five six']],
  [
    'with a style',
    '\u001B[31m✗\u001B[39m one two three \u001B[1mfour\u001B[22m five',
    ['\u001B[31m✗\u001B[39m one two three \u001B[1mfour\u001B[22m', '  five'],
  ],
])('a line %s', (_what, line, expected) => {
  expect(fitLine(line, 20)).toEqual(expected);
});

test('no word is lost or broken, and no line is longer than it need be', () => {
  const words = array(stringMatching(/^[a-z✓!.]{1,24}$/), { minLength: 1, maxLength: 30 });
  assert(
    property(words, integer({ min: 10, max: 100 }), (list, columns) => {
      const lines = fitLine(list.join(' '), columns);
      expect(lines.flatMap((line) => line.trim().split(/ +/))).toEqual(list);
      for (const line of lines) {
        expect(line.length <= columns || !line.trim().includes(' ')).toBe(true);
      }
    }),
  );
});

/** What stands on a stream of so many columns; none is a program that reads. */
function written(columns: number | undefined, say: 'out' | 'outWhole'): string {
  const pass = new PassThrough();
  const size = columns === undefined ? {} : { isTTY: true, columns };
  const stream = Object.assign(pass, size) as unknown as NodeJS.WriteStream;
  const terminal = openTerminal({ stdin: process.stdin, stdout: stream, stderr: stream }, {});
  terminal[say]('No snapshots yet. utopia snapshot save makes one.');
  return String(pass.read());
}

test('a terminal breaks what it is too narrow for between words; a program has whole lines', () => {
  const whole = 'No snapshots yet. utopia snapshot save makes one.\n';
  expect(written(40, 'out')).toBe('No snapshots yet. utopia snapshot save\nmakes one.\n');
  expect([written(80, 'out'), written(0, 'out'), written(undefined, 'out')]).toEqual([
    ...[whole, whole, whole],
  ]);
  expect(written(40, 'outWhole')).toBe(whole);
});
