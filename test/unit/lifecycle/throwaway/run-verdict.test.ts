import { describe, expect, test } from 'vitest';
import { noOutput } from '../../../../src/system/bounded-output.ts';
import {
  judgeRun,
  reportFailure,
  type RunFacts,
} from '../../../../src/lifecycle/throwaway/run-verdict.ts';
import { junitCase } from '../../../../src/ui/junit-runs.ts';
import type { RepeatedCrash } from '../../../../src/crash/crash-report.ts';
import { UtopiaError } from '../../../../src/errors.ts';
import { renderJUnit } from '../../../../src/ui/junit.ts';

const facts: RunFacts = {
  words: ['./test.sh', 'a b'],
  end: { kind: 'exited', status: 0 },
  output: { stdout: { text: 'out <1>\n', bytes: 8, truncated: false }, stderr: noOutput },
  crashes: [],
  timeoutMs: 1500,
  from: undefined,
  warm: false,
  startMs: 15_000,
  commandMs: 250,
  back: { notCopied: [], leftOut: [] },
  consoleLog: undefined,
  keptCrashes: undefined,
};

function crash(kind: RepeatedCrash['kind'], text: string, panic?: string): RepeatedCrash {
  return {
    ...{ number: 1, boot: 1, kind, message: text, trace: [], ownModules: [], text, repeated: 1 },
    ...(panic === undefined ? {} : { panic }),
  };
}

const oops = crash('null-dereference', 'Oops: 0002 [#1] PREEMPT SMP');

describe('judgeRun', () => {
  test.each([
    ['a status', { kind: 'exited', status: 7 }, [], 'exited', 7, 7],
    [
      'a status that means something else here',
      { kind: 'exited', status: 70 },
      [],
      'exited',
      70,
      70,
    ],
    ['a time-out', { kind: 'timed-out' }, [], 'timed-out', 124, null],
    [
      'an oops, though the command went on',
      { kind: 'exited', status: 0 },
      [oops],
      'crashed',
      70,
      0,
    ],
    ['a hang after an oops', { kind: 'timed-out' }, [oops], 'crashed', 70, null],
    [
      'a panic that only its device tells',
      { kind: 'crashed', panicked: true },
      [],
      'crashed',
      70,
      null,
    ],
    [
      'a warning of the kernel',
      { kind: 'exited', status: 0 },
      [crash('warning', 'WARNING: CPU: 0')],
      'exited',
      0,
      0,
    ],
    [
      'a lock-up, which a slow host makes too',
      { kind: 'exited', status: 1 },
      [crash('soft-lockup', 'BUG: soft lockup')],
      'exited',
      1,
      1,
    ],
    ['a guest that reboots', { kind: 'gone', how: 'rebooted' }, [], 'ended', 69, null],
    ['a second Ctrl-C', { kind: 'killed' }, [], 'ended', 130, null],
  ] as const)('%s', (_what, end, crashes, outcome, status, commandStatus) => {
    expect(judgeRun({ ...facts, end, crashes })).toMatchObject({ outcome, status, commandStatus });
  });
});

test.each([
  ['image-missing', false, 'not-started', 69],
  ['machine-busy', false, 'busy', 75],
  ['interrupted', false, 'ended', 130],
  ['ssh-unavailable', true, 'ended', 69],
] as const)('%s, begun %s: %s', (code, begun, outcome, status) => {
  const report = reportFailure(
    { words: ['true'], from: undefined, begun },
    new UtopiaError(code, 'No.'),
    5,
  );
  expect(report).toMatchObject({ outcome, status, commandStatus: null, message: 'No.' });
});

describe('JUnit', () => {
  test('says what failed and what was in the way', () => {
    const passed = junitCase(judgeRun(facts));
    const failed = junitCase(judgeRun({ ...facts, end: { kind: 'exited', status: 3 } }));
    const crashed = junitCase(judgeRun({ ...facts, crashes: [oops] }));
    const broken = junitCase(
      reportFailure(
        { words: ['true'], from: 'ready', begun: false },
        new UtopiaError('image-missing', 'No image "x".'),
        5,
      ),
    );
    const xml = renderJUnit('ask & 2', [passed, failed, crashed, broken]);
    expect(xml).toContain('<testsuites tests="4" failures="2" errors="1" time="0.750">');
    expect(xml).toContain('<testsuite name="ask &amp; 2"');
    expect(xml).toContain(`name="./test.sh 'a b'" time="0.250">\n      <system-out>out &lt;1&gt;`);
    expect(xml).toContain('<failure message="The command ended with status 3."></failure>');
    expect(xml).toContain('<error message="No image &quot;x&quot;."></error>');
    expect(xml).toContain('Oops: 0002 [#1] PREEMPT SMP</failure>');
  });

  test('holds what XML cannot', () => {
    const { stdout } = { stdout: 'a\u0000b\u001B[1mc\uFFFFd é😀' };
    const xml = renderJUnit('x', [{ ...junitCase(judgeRun(facts)), stdout }]);
    expect(xml).toContain('<system-out>a\\x00b\\x1b[1mc?d é😀</system-out>');
  });
});

test('what this host’s disk keeps from being written is no fault of the command, and no verdict', () => {
  for (const code of ['disk-full', 'cannot-create', 'path-too-long'] as const) {
    const report = reportFailure(
      { words: ['x'], from: undefined, begun: true },
      new UtopiaError(code, 'full'),
      1,
    );
    expect(report).toMatchObject({ outcome: 'ended', fault: 'host', status: 73 });
  }
});
