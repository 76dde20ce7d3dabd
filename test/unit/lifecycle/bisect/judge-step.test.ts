import { expect, test } from 'vitest';
import { errorCodes, UtopiaError, type ErrorCode } from '../../../../src/errors.ts';
import { judgeStep, type StepEnd } from '../../../../src/lifecycle/bisect/judge-step.ts';
import type { RunReport } from '../../../../src/lifecycle/throwaway/run-verdict.ts';
import type { CommandEnd } from '../../../../src/lifecycle/throwaway/wait-for-command.ts';

type Report = Extract<StepEnd, { kind: 'ran' }>['report'];

function ran(end: CommandEnd, report: Partial<Report> = {}): StepEnd {
  const commandStatus = end.kind === 'exited' ? end.status : null;
  const outcome: RunReport['outcome'] = end.kind === 'exited' ? 'exited' : 'ended';
  const usual = { outcome, commandStatus, message: null, fault: 'command' } as const;
  return { kind: 'ran', end, report: { ...usual, ...report } };
}

function exited(status: number): StepEnd {
  return ran({ kind: 'exited', status });
}

function thrown(code: ErrorCode, begun = false): StepEnd {
  return { kind: 'thrown', error: new UtopiaError(code, 'Something happened.'), begun };
}

// What TEST ends with, and what befalls the guest under it.
test.each<[string, StepEnd, string, number]>([
  ['0', exited(0), 'good', 0],
  ['1', exited(1), 'bad', 1],
  ['2', exited(2), 'bad', 1],
  ['124', exited(124), 'bad', 1],
  ['125: TEST says itself that it cannot tell', exited(125), 'skip', 125],
  // git asks a good commit whether these are the test's fault.
  ['126', exited(126), 'bad', 126],
  ['127', exited(127), 'bad', 127],
  // Killed in the guest: git would stop at these.
  ['128', exited(128), 'bad', 1],
  ['139', exited(139), 'bad', 1],
  ['255', exited(255), 'bad', 1],
  ['a panic', ran({ kind: 'crashed', panicked: true }, { outcome: 'crashed' }), 'bad', 1],
  ['an oops it survives', ran({ kind: 'exited', status: 0 }, { outcome: 'crashed' }), 'bad', 1],
  ['a time-out', ran({ kind: 'timed-out' }, { outcome: 'timed-out' }), 'bad', 1],
  ['silence', ran({ kind: 'silent', silentMs: 1 }, { outcome: 'timed-out' }), 'bad', 1],
  ['a reboot', ran({ kind: 'gone', how: 'rebooted' }), 'bad', 1],
  ['a power-off', ran({ kind: 'gone', how: 'powered off' }), 'bad', 1],
  ['a flood on the console', ran({ kind: 'flooded', bytes: 1 }), 'bad', 1],
  ['a connection that broke', ran({ kind: 'lost', why: 'Cut.' }), 'bad', 1],
  ['QEMU that was killed', ran({ kind: 'gone', how: 'ended' }), 'stop', 128],
  ['Ctrl-C', ran({ kind: 'killed' }, { fault: null }), 'stop', 130],
  ['a fault of the host', ran({ kind: 'exited', status: 0 }, { fault: 'host' }), 'stop', 128],
])('TEST with %s', (_name, end, verdict, status) => {
  expect(judgeStep(end, 'skip')).toMatchObject({ verdict, status });
});

test.each<[StepEnd, skips: string, bads: string]>([
  [thrown('boot-failed'), 'skip', 'bad'],
  [thrown('guest-lost'), 'skip', 'bad'],
  [thrown('ssh-unavailable'), 'skip', 'bad'],
  // It came up, and cannot mount the folder: nothing is known of what is looked for.
  [thrown('guest-refused'), 'skip', 'skip'],
  [thrown('guest-lost', true), 'bad', 'bad'],
  [thrown('kernel-build-failed'), 'skip', 'skip'],
  [{ kind: 'not-built', error: new UtopiaError('kernel-build-failed', '') }, 'skip', 'skip'],
  [{ kind: 'no-kernel', error: new UtopiaError('kernel-unsuitable', '') }, 'skip', 'skip'],
])('%j is %s, or %s where a boot that fails is bad', (end, skips, bads) => {
  expect(judgeStep(end, 'skip').verdict).toBe(skips);
  expect(judgeStep(end, 'bad').verdict).toBe(bads);
});

// Whatever is not known to be the kernel's says nothing of a commit, and ends the bisection.
const ofGuest = new Set<string>([
  'boot-failed',
  'guest-lost',
  'ssh-unavailable',
  'guest-refused',
  'kernel-build-failed',
]);
const others = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => !ofGuest.has(code));
test.each(others)('%s stops git', (code) => {
  for (const bootFailureIs of ['skip', 'bad'] as const) {
    const { verdict, status } = judgeStep(thrown(code), bootFailureIs);
    expect(verdict).toBe('stop');
    expect(status).toBe(code === 'interrupted' ? 130 : 128);
  }
});
