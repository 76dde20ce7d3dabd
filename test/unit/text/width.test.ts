import { describe, expect, test } from 'vitest';
import { fitName, nameWidth } from '../../../src/ui/jobs-table.ts';
import { keepEnd, keepStart, padToWidth, textWidth } from '../../../src/text/width.ts';
import { layOutTable } from '../../../src/ui/table.ts';

/** Greek with its accents as marks of their own, as macOS and some archives name files. */
const marked = 'άσκηση-ένα'.normalize('NFD');

const texts: readonly (readonly [text: string, width: number])[] = [
  ['', 0],
  ['ask1', 4],
  ['άσκηση-ένα', 10],
  [marked, 10],
  ['実習一', 6],
  ['과제', 4],
  ['lab-🐧', 6],
  ['👩‍💻', 2],
  ['naïve'.normalize('NFD'), 5],
];

test.each(texts)('%s takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
  expect(padToWidth(text, 12)).toBe(text + ' '.repeat(12 - width));
  expect(padToWidth(text, 0)).toBe(text);
});

describe('text that is cut', () => {
  test.each(texts)('%s keeps within every width, and no mark loses its letter', (text) => {
    for (let width = 1; width <= 12; width += 1) {
      for (const cut of [keepStart(text, width), keepEnd(text, width)]) {
        expect(textWidth(cut)).toBeLessThanOrEqual(width);
        expect(cut.replace('…', '')).not.toMatch(/^\p{Mark}/u);
        if (textWidth(text) <= width) expect(cut).toBe(text);
      }
    }
  });

  test('keeps its end behind …, or its start', () => {
    expect(keepEnd('a/実習一', 5)).toBe('…習一');
    expect(keepEnd(marked, 4)).toBe(`…${'ένα'.normalize('NFD')}`);
    expect(keepStart('実習一', 5)).toBe('実習');
  });
});

test('columns of a table are even, whatever stands in them', () => {
  const lines = layOutTable(
    [['NAME', 'SSH'], ...texts.slice(1).map(([text]) => [text, '22223'])],
    80,
  );
  for (const line of lines) {
    expect(textWidth(line.slice(0, line.search(/22223|SSH/)))).toBe(12);
  }
});

test('names of several runs are even, and cut to their column', () => {
  const names = texts.slice(1).map(([text]) => text);
  const width = nameWidth(names, 80);
  expect(width).toBe(10);
  for (const name of names) {
    expect(textWidth(fitName(name, width))).toBe(10);
    expect(textWidth(fitName(name, 3))).toBeLessThanOrEqual(3);
  }
});
