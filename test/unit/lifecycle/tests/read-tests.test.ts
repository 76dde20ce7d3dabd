import { expect, test } from 'vitest';
import { attachCrash, judgeTests, readTests } from '../../../../src/lifecycle/tests/read-tests.ts';

const nothing = { outcome: undefined, reasons: [] };

test('the kernel’s words are known by the rules of utopia oops', () => {
  const log = `1..2
[    2.000000] WARNING: CPU: 0 PID: 9 at lib/x.c:3 one+0x3/0x10
ok 1 one
[    2.100000] driver: WARNING of its own
ok 2 two
`;
  const tests = readTests([log], undefined);
  expect(tests.map(({ crash }) => crash)).toEqual([
    'WARNING: CPU: 0 PID: 9 at lib/x.c:3 one+0x3/0x10',
    undefined,
  ]);
});

test('what the kernel died of stands with the test that was running', () => {
  const tests = attachCrash(
    readTests(['    # Subtest: s\n    1..2\n    ok 1 one\n'], 'crashed'),
    'NULL pointer read',
  );
  expect(tests).toMatchObject([
    {
      ...{ name: 's', outcome: 'crashed', crash: undefined },
      tests: [
        { name: 'one', crash: undefined },
        { name: 'test 2', outcome: 'crashed', crash: 'NULL pointer read' },
      ],
    },
  ]);
});

test.each([
  ['ok 1 one\n', nothing, 'passed', 0],
  ['ok 1 one # SKIP no\nnot ok 2 two # TODO\n', nothing, 'passed', 0],
  ['not ok 1 one\n', nothing, 'failed', 0],
  ['nothing of the kind\n', nothing, 'failed', 1],
  ['ok 1 one\n', { outcome: undefined, reasons: ['It ended with 3.'] }, 'failed', 1],
  ['', { outcome: 'crashed' as const, reasons: ['It died.'] }, 'crashed', 1],
])('%j with %j: %s', (text, end, outcome, reasons) => {
  const judged = judgeTests(end, readTests([text], undefined));
  expect(judged.outcome).toBe(outcome);
  expect(judged.reasons).toHaveLength(reasons);
});
