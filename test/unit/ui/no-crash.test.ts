import { expect, test } from 'vitest';
import { describeEarlierCrash, describeNoCrash } from '../../../src/ui/no-crash.ts';

const log = { file: './console.log', bytes: 1_300_000, remarks: {} };

test('a log without a crash says its size, an empty one why it may be empty', () => {
  expect(describeNoCrash(log, 80)).toEqual(['No crash in ./console.log (1.3 MB).']);
  expect(describeNoCrash({ ...log, bytes: 0 }, 200)).toEqual([
    'The console log is empty: ./console.log',
    expect.stringContaining('console=ttyS0'),
  ]);
});

test('what was not understood, and a module in use, are named', () => {
  const remarks = { unread: '<?> Call Trace:', busyModule: 'lunix' };
  const text = describeNoCrash({ ...log, remarks }, 200).join('\n');
  expect(text).toContain('\n<?> Call Trace:\n');
  expect(text).toContain('rmmod: lunix is in use');
});

test.each([
  [0, 'No crash since this boot; the last was in a boot before this one: oops.'],
  [1, 'No crash since this start; the last was 1 start ago: oops.'],
  [3, 'No crash since this start; the last was 3 starts ago: oops.'],
])('a crash of %d starts ago', (startsAgo, sentence) => {
  expect(describeEarlierCrash(startsAgo, 'oops', 200)).toEqual([
    sentence,
    'utopia oops --last 1 shows it.',
  ]);
});
