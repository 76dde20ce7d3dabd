import { expect, test } from 'vitest';
import { foldLine, wrapText } from '../../../src/ui/lines.ts';

test('text is broken at blanks, and long words stay whole', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('see /a/very/long/path now', 8)).toEqual(['see', '/a/very/long/path', 'now']);
  expect(wrapText('', 10)).toEqual([]);
});

test('a line that fits stays as it is, inner blanks too', () => {
  expect(foldLine('utopia -n ask1 down      (22224 is free)', 60)).toEqual([
    'utopia -n ask1 down      (22224 is free)',
  ]);
});

test('what follows a label stands below the text, not below the label', () => {
  expect(foldLine('Why  The disk is full and more', 20)).toEqual([
    'Why  The disk is',
    '     full and more',
  ]);
  expect(foldLine('The share needs 9p, always', 18)).toEqual(['The share needs', '9p, always']);
});

test('quoted lines are never broken', () => {
  const quoted = `| ${'x '.repeat(60)}`;
  expect(foldLine(quoted, 40)).toEqual([quoted]);
});
