import { expect, test } from 'vitest';
import {
  askedParts,
  evaluate,
  missingParts,
  parseDependency,
  sayDependency,
} from '../../../src/kernel/dependency.ts';

const values: Readonly<Record<string, string>> = { Y: 'y', M: 'm', NUMBER: '30', TEXT: '"x"' };
const valueOf = (option: string): string => values[option] ?? 'n';

function levelOf(text: string): number | undefined {
  const dependency = parseDependency(text);
  return dependency === undefined ? undefined : evaluate(dependency, valueOf);
}

test.each<[string, number | undefined]>([
  ['Y', 2],
  ['M', 1],
  ['N', 0],
  ['!N', 2],
  ['!M', 1],
  ['Y && M', 1],
  ['Y || N', 2],
  ['N || M && Y', 1],
  ['(N || M) && Y', 1],
  ['M=m', 2],
  ['M != y', 2],
  ['TEXT = "x"', 2],
  ['NUMBER >= 29', 2],
  ['NUMBER<29', 0],
  ['m', 1],
  ['$(cc-option,-fsanitize=thread (x)) && Y', 2],
  ['$(NUMBER) > 1', 2],
  ['', undefined],
  ['Y &&', undefined],
  ['(Y', undefined],
  ['Y Y', undefined],
  ['&& Y', undefined],
])('%s comes to %s', (text, level) => expect(levelOf(text)).toBe(level));

function missing(text: string, wanted: 1 | 2): string[] {
  const dependency = parseDependency(text);
  return dependency === undefined ? [] : missingParts(dependency, wanted, valueOf);
}

test.each<[string, 1 | 2, string[]]>([
  ['Y && N && !Y', 2, ['N', '!Y']],
  ['M && Y', 1, []],
  ['M && Y', 2, ['M']],
  ['Y && (N || O)', 2, ['N || O']],
  ['N=y', 1, ['N=y']],
])('what %s lacks for level %d', (text, wanted, parts) => {
  expect(missing(text, wanted)).toEqual(parts);
});

test('an expression is said as it was written, and what is asked of the host is found', () => {
  const text = 'A && (B || !(C && D=m)) && $(success,test (1))';
  const dependency = parseDependency(text);
  if (dependency === undefined) throw new Error('not read');
  expect(sayDependency(dependency)).toBe(text);
  expect(askedParts(dependency)).toEqual(['$(success,test (1))']);
});

test('a hundred thousand brackets are refused, not followed', () => {
  expect(parseDependency('('.repeat(100_000))).toBeUndefined();
});
