import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { TestNode } from '../../../src/ktap/test-node.ts';
import { renderSuites } from '../../../src/ui/junit.ts';
import { openTerminal, type Terminal } from '../../../src/ui/terminal.ts';
import { describeTests } from '../../../src/ui/tests.ts';

function terminalOf(columns: number): Terminal {
  const out = Object.assign(new PassThrough(), {
    columns,
    isTTY: true,
  }) as unknown as NodeJS.WriteStream;
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
  return openTerminal({ stdin, stdout: out, stderr: out }, { LANG: 'C.UTF-8', NO_COLOR: '1' });
}

const leaf = { message: '', crash: undefined, tests: [] } as const;
const tests: readonly TestNode[] = [
  {
    ...{ name: 'suite', outcome: 'crashed', message: '', crash: undefined },
    tests: [
      { ...leaf, name: 'one', outcome: 'passed' },
      {
        ...{ ...leaf, name: 'two', outcome: 'crashed', crash: 'BUG: at once' },
        message: 'It had not ended.\nBUG: at once\nRIP: and more',
      },
      {
        ...{ ...leaf, name: 'three', outcome: 'failed' },
        message: Array.from({ length: 30 }, (_none, line) => `line ${line}`).join('\n'),
      },
      { ...leaf, name: 'a name that is longer than a narrow terminal has', outcome: 'not-run' },
      { ...leaf, name: 'four', outcome: 'skipped', message: 'no camera' },
    ],
  },
];

test('a tree: what did not pass has its crash and what was said, bounded', () => {
  const shown = { tests, outcome: 'crashed', reasons: ['It died.'], hints: [], testMs: 1500 };
  expect(describeTests(shown, terminalOf(80))).toEqual([
    '✗ crashed, in 1.5 s: 5 tests, 1 crashed, 1 failed, 1 not run, 1 skipped',
    '  It died.',
    '  ✗ suite (crashed)',
    '    ✓ one',
    '    ✗ two (crashed)',
    '      | It had not ended.',
    '      | BUG: at once',
    '    ✗ three',
    ...Array.from({ length: 20 }, (_none, line) => `      | line ${line}`),
    '      | and 10 lines more',
    '    ✗ a name that is longer than a narrow terminal has (not-run)',
    '    ! four (skipped)',
    '      | no camera',
  ]);
});

test('40 columns, and nesting without end', () => {
  let deep: TestNode = { ...leaf, name: 'deepest of all of these tests here', outcome: 'failed' };
  for (let level = 0; level < 19; level += 1) {
    deep = { ...leaf, name: `level ${level}`, outcome: 'failed', tests: [deep] };
  }
  const shown = {
    tests: [...tests, deep],
    outcome: 'failed',
    reasons: [],
    hints: [],
    testMs: null,
  };
  const lines = describeTests(shown, terminalOf(40));
  expect(lines.slice(1).filter((line) => line.length > 40)).toEqual([]);
});

test('several suites as one JUnit report', () => {
  const passed = { name: 'a<b', seconds: 0, problem: undefined, stdout: '', stderr: '' };
  const problem = { kind: 'failure', message: 'm', text: 't' } as const;
  const xml = [
    ...renderSuites([
      { name: 'one', cases: [passed] },
      { name: 'two', cases: [passed, { ...passed, problem }] },
    ]),
  ].join('');
  expect(xml).toContain('<testsuites tests="3" failures="1" errors="0" time="0.000">');
  expect(xml).toContain('<testsuite name="two" tests="2" failures="1"');
  expect(xml.match(/<testcase classname="\w+" name="a&lt;b"/g)).toHaveLength(3);
  expect(xml.match(/<\/testsuite>/g)).toHaveLength(2);
});
