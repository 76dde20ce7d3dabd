import { describe, expect, test } from 'vitest';
import { parseKtap } from '../../../src/ktap/parse-ktap.ts';
import { isBad, listSuites } from '../../../src/ktap/test-suites.ts';
import type { TestNode } from '../../../src/ktap/test-node.ts';

/** Spelt so that it is not taken for a test's own. */
const none = 'skip';

const complaint = (line: string): string | undefined => /\b(?:BUG|WARNING): .*/.exec(line)?.[0];

function parse(text: string, cut?: 'crashed' | 'ended'): readonly TestNode[] {
  return parseKtap(text, { cut, complaint });
}

/** `name outcome` of each, those of a suite behind it. */
function outline(nodes: readonly TestNode[]): unknown[] {
  return nodes.map(({ name, outcome, tests }) =>
    tests.length === 0 ? `${name} ${outcome}` : [`${name} ${outcome}`, ...outline(tests)],
  );
}

test('the example of ktap.rst', () => {
  const text = `KTAP version 1
1..1
  KTAP version 1
  1..3
    KTAP version 1
    1..1
    # test_1: initializing test_1
    ok 1 test_1
  ok 1 example_test_1
    KTAP version 1
    1..2
    ok 1 test_1 # SKIP test_1 skipped
    ok 2 test_2
  ok 2 example_test_2
    KTAP version 1
    1..3
    ok 1 test_1
    # test_2: FAIL
    not ok 2 test_2
    ok 3 test_3 # SKIP test_3 skipped
  not ok 3 example_test_3
not ok 1 main_test
`;
  const nodes = parse(text);
  expect(outline(nodes)).toEqual([
    [
      'main_test failed',
      ['example_test_1 passed', 'test_1 passed'],
      ['example_test_2 passed', 'test_1 skipped', 'test_2 passed'],
      ['example_test_3 failed', 'test_1 passed', 'test_2 failed', 'test_3 skipped'],
    ],
  ]);
  expect(listSuites('it', nodes)).toContainEqual({
    name: 'main_test / example_test_3',
    tests: [
      { name: 'test_1', outcome: 'passed', message: '', crash: null },
      { name: 'test_2', outcome: 'failed', message: '    # test_2: FAIL', crash: null },
      { name: 'test_3', outcome: 'skipped', message: 'test_3 skipped', crash: null },
    ],
  });
});

test('KUnit of 6.1 in the kernel’s log: stamps, no version line, suites one after the other', () => {
  const text = `[   12.345678] hello: loading out-of-tree module taints kernel.
[   12.345678]     # Subtest: first
[   12.345678]     1..2
[   12.345690]     ok 1 - one
[   12.345691]     # two: EXPECTATION FAILED at /x/first.c:12
[   12.345691]     Expected a == b, but
[   12.345692]     not ok 2 - two
[   12.345692] # first: pass:1 fail:1 ${none}:0 total:2
[   12.345693] # Totals: pass:1 fail:1 ${none}:0 total:2
[   12.345694] not ok 1 - first
[   12.400000][    T9]     # Subtest: second
[   12.400000][    T9]     1..1
[   12.400000][    T9]     ok 1 - only # SKIP not here
[   12.400000][    T9] ok 2 - second # SKIP
`;
  const nodes = parse(text);
  expect(outline(nodes)).toEqual([
    ['first failed', 'one passed', 'two failed'],
    ['second skipped', 'only skipped'],
  ]);
  expect(nodes[0]?.tests[1]?.message).toBe(
    '    # two: EXPECTATION FAILED at /x/first.c:12\n    Expected a == b, but',
  );
  expect(nodes[1]?.tests[0]?.message).toBe('not here');
});

test('parameters of a KUnit test are tests of it', () => {
  const text = `KTAP version 1
1..1
    KTAP version 1
    # Subtest: suite
    # module: mod
    1..1
        KTAP version 1
        # Subtest: each
        ok 1 zero
        not ok 2 one
    not ok 1 each
not ok 1 suite
`;
  expect(outline(parse(text))).toEqual([
    ['suite failed', ['each failed', 'zero passed', 'one failed']],
  ]);
});

test('kselftest: a test’s own lines stand behind "# "', () => {
  const text = `TAP version 13
1..2
# timeout set to 45
# selftests: size: get_size
# TAP version 13
# 1..2
# ok 1 one
# not ok 2 two # XFAIL known
ok 1 selftests: size: get_size
# selftests: size: other
# no such thing
not ok 2 selftests: size: other # exit=1
`;
  const nodes = parse(text);
  expect(outline(nodes)).toEqual([
    ['selftests: size: get_size passed', 'one passed', 'two todo'],
    'selftests: size: other failed',
  ]);
  expect(nodes[1]?.message).toBe('# selftests: size: other\n# no such thing\nexit=1');
});

test('tests that were announced and never told of: the word of the suite counts', () => {
  const text = '1..1\n# 1..3\n# PASS: 0 returned as expected\nok 1 selftests: kcmp: kcmp_test\n';
  expect(outline(parse(text))).toEqual(['selftests: kcmp: kcmp_test passed']);
});

describe('an output that breaks off', () => {
  const begun = `    # Subtest: suite
    1..3
    ok 1 - one
[    2.000000] BUG: kernel NULL pointer dereference, address: 0000000000000028
[    2.000001] RIP: 0010:two+0x5/0x10 [mod]
[    2.000002] Call Trace:
[    2.000003]  <TASK>
[    2.000003]  ? guess+0x5/0x10
[    2.000004]  kunit_try_run_case+0x51/0x90 [kunit]
`;

  test('a crash belongs to the test that was running, known by the trace', () => {
    const [suite] = parse(begun, 'crashed');
    expect(outline(suite === undefined ? [] : [suite])).toEqual([
      ['suite crashed', 'one passed', 'two crashed', 'test 3 not-run'],
    ]);
    expect(suite?.tests[1]).toMatchObject({
      crash: 'BUG: kernel NULL pointer dereference, address: 0000000000000028',
      message: expect.stringContaining('RIP: 0010:two'),
    });
  });

  test('a time limit as well, known by what it said', () => {
    const text = '    # Subtest: suite\n    1..2\n    # slow: still at it\n';
    expect(outline(parse(text, 'ended'))).toEqual([
      ['suite failed', 'slow failed', 'test 2 not-run'],
    ]);
  });

  test('without a plan, or with all of it run, nothing is blamed', () => {
    expect(outline(parse('ok 1 one\nok 2 two\n', 'crashed'))).toEqual(['one passed', 'two passed']);
    expect(outline(parse('1..1\nok 1 one\nBUG: later\n', 'crashed'))).toEqual(['one passed']);
    expect(outline(parse('TAP version 13\nok 1 one\n', 'crashed'))).toEqual([
      'one passed',
      'test 2 crashed',
    ]);
    expect(parse('BUG: at once\n', 'crashed')).toEqual([]);
  });

  test('what was planned and has no result is said', () => {
    expect(outline(parse('1..5\nok 1 one\n'))).toEqual(['one passed', 'tests 2 to 5 not-run']);
    expect(outline(parse('ok 1 one\n1..2\n'))).toEqual(['one passed', 'test 2 not-run']);
  });
});

test('a complaint that the kernel survived stands with its test', () => {
  const [, second] = parse('1..2\nok 1 one\nWARNING: CPU: 0 PID: 1 at x.c:3\nok 2 two\n');
  expect(second).toMatchObject({ outcome: 'passed', crash: 'WARNING: CPU: 0 PID: 1 at x.c:3' });
});

test.each([
  ['1..0 # SKIP no such device\n', []],
  [
    'ok\nnot ok\nok 3\n',
    ['a test without a name', 'a test without a name', 'a test without a name'],
  ],
  ['ok 1 - case #2 of it #SKIP why\n', ['case #2 of it']],
  ['ok 1 - a - b # Skip why\n', ['a - b']],
  ['okay then\nnot okay\n1..x\nTAP version x\n', []],
  ['ok 1 one\r\nok 2 two\r\n', ['one', 'two']],
])('%j', (text, names) => {
  expect(parse(text).map(({ name }) => name)).toEqual(names);
});

test('two outputs one after the other are two lists', () => {
  const text = 'TAP version 13\n1..1\nok 1 one\nTAP version 13\n1..2\nok 1 two\n';
  expect(outline(parse(text))).toEqual(['one passed', 'two passed', 'test 2 not-run']);
});

test('a failure of the suite itself is a test of it', () => {
  const nodes = parse('    # Subtest: suite\n    1..1\n    ok 1 one\nnot ok 1 suite\n');
  expect(nodes.some(isBad)).toBe(true);
  expect(listSuites('it', nodes)[0]?.tests.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['one', 'passed'],
    ['suite', 'failed'],
  ]);
});

test('in TAP the words on a failure stand behind it', () => {
  const [, two, three] = parse(
    'TAP version 13\nok 1 a\nnot ok 2 b\n# expected 3\n# found 4\nnot ok 3 c\n# why\nok 4 d\n# end\n1..4\n',
  );
  // The words before another failure may be that one's.
  expect(three?.message).toBe('# expected 3\n# found 4\n# why');
  expect(two?.message).toBe('');
  expect(parse('not ok 1 a\n# last words\n')[0]?.message).toBe('# last words');
  expect(parse('KTAP version 1\n1..2\nnot ok 1 a\n# b: init\nok 2 b\n')[0]?.message).toBe('');
});

describe('hostile output', () => {
  test('is bounded: nesting, tests, names, lines of one test', () => {
    const deep = Array.from({ length: 500 }, (_none, n) => `${' '.repeat(n)}1..2`).join('\n');
    expect(JSON.stringify(parse(deep)).length).toBeLessThan(20_000);
    const many = parse('ok 1 x\n'.repeat(200_000));
    expect(many).toHaveLength(20_001);
    const pairs = parse('  1..1\n1..1\n'.repeat(100_000));
    expect(pairs.length).toBeLessThan(21_000);
    const [long] = parse(`${'noise\n'.repeat(100_000)}not ok 1 ${'x'.repeat(100_000)}\n`);
    expect(long?.name.length).toBeLessThanOrEqual(300);
    expect(long?.message.split('\n').length).toBeLessThanOrEqual(101);
    expect(outline(parse('1..999999999\n'))).toEqual(['tests 1 to 999999999 not-run']);
    expect(outline(parse('1..20000000000\n'))).toEqual(['tests 1 to 20000000000 not-run']);
  });

  test.each([
    ['more than are kept', `${'ok 1 x\n'.repeat(20_000)}not ok 2 y\n`, /^1 results beyond 20000/],
    [
      'deeper than is kept',
      [
        ...Array.from({ length: 25 }, (_none, n) => `${' '.repeat(n)}KTAP version 1\n`),
        ...Array.from({ length: 24 }, (_none, n) => `${' '.repeat(24 - n)}not ok 1 a\n`),
        'ok 1 a\n',
      ].join(''),
      /^Results deeper than 20 levels/,
    ],
  ])('a failure that is left out is one: %s', (_what, text, why) => {
    const left = parse(text).at(-1);
    expect(left).toMatchObject({ name: 'results that are left out', outcome: 'failed' });
    expect(left?.message).toMatch(why);
  });

  test('a name with what JavaScript takes for the end of a line is a name', () => {
    expect(outline(parse('ok 1 a\nnot ok 2 b\u2028c\nok 3 d\u2029 # SKIP e\u2028f\n'))).toEqual([
      'a passed',
      'b\u2028c failed',
      'd skipped',
    ]);
  });

  test.each(['# '.repeat(200_000), ' '.repeat(400_000), `ok 1 ${'#'.repeat(400_000)}`])(
    'a line of 400,000 characters is read at once (%#)',
    (line) => {
      expect(parse(line).length).toBeLessThan(2);
    },
  );
});
