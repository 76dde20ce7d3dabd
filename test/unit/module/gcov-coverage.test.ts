import { expect, test } from 'vitest';
import {
  createGcovReader,
  lcovText,
  summarizeCoverage,
} from '../../../src/module/gcov-coverage.ts';
import { missedRanges } from '../../../src/ui/coverage.ts';

/** As gcov 12 prints it with --stdout. */
const printed = `        -:    0:Source:hello.c
        -:    0:Graph:hello.gcno
        -:    0:Data:hello.gcda
        -:    0:Runs:1
        1:    1:int f(int x){
       1*:    2: if (x>1)
    #####:    3:  return 2;
        1:    4: return 1;
        -:    5:}
        -:    0:Source:/lab/mod/sub/other.c
    =====:    7: x();
        -:    0:Source:/usr/src/linux/include/linux/list.h
      120:   30: static inline void list_add()
        -:    0:Source:/lab/mod/hello.c
    #####:    2: if (x>1)
        9:    3:  return 2;
`;

function read(text: string): ReturnType<ReturnType<typeof createGcovReader>['files']> {
  const reader = createGcovReader('/lab/mod');
  for (const line of text.split('\n')) reader.take(line);
  return reader.files();
}

test('lines by their source; those beside the module are left out', () => {
  expect(read(printed).map(summarizeCoverage)).toEqual([
    { file: 'hello.c', lines: 4, ran: 4, missed: [] },
    { file: 'sub/other.c', lines: 1, ran: 0, missed: [7] },
  ]);
});

test('lcov’s tracefile', () => {
  const [, other] = read(printed);
  expect(lcovText('/lab/mod', other === undefined ? [] : [other])).toBe(
    'TN:\nSF:/lab/mod/sub/other.c\nDA:7,0\nLF:1\nLH:0\nend_of_record\n',
  );
});

test('what is no output of gcov is nothing; a path that leads up is none of the module', () => {
  expect(
    read('hello\n    1: 2:x\n        -:    0:Source:../../etc/passwd\n        1:    1:x\n'),
  ).toEqual([]);
});

test.each([
  [[], ''],
  [[3], '3'],
  [[1, 2, 3, 7, 9, 10], '1-3, 7, 9-10'],
  [Array.from({ length: 40 }, (_none, n) => 2 * n), '0, 2, 4, 6, 8, …'],
])('%j: %s', (missed, shown) => {
  expect(missedRanges(missed)).toBe(shown);
});
