import { expect, test } from 'vitest';
import { describeBisectStep, type ShownStep } from '../../../src/ui/bisect-step.ts';

const plain = (text: string): string => text;
const errColor = {
  ...{ level: 0, bold: plain, dim: plain, red: plain },
  ...{ green: plain, yellow: plain, cyan: plain },
};
const symbols = { ok: 'ok', warn: '!', fail: 'x', info: '-' };
const places = { cwd: '/src/linux', home: '/home/alice' };

const good: ShownStep = {
  verdict: 'good',
  number: 3,
  bisection: {
    ...{ commit: '1a2b3c4d5e6f7a8b', subject: 'mm: say what is wrong' },
    ...{ terms: { good: 'fast', bad: 'slow' }, changed: [] },
  },
  ms: 52_000,
  trouble: undefined,
  changes: [],
  log: '/src/linux/.git/utopia-bisect/03-1a2b.log',
  consoleLog: null,
};

const describe = (step: ShownStep, columns = 80): string[] =>
  describeBisectStep(step, { errColor, symbols, columns }, places);

test('one line says a good step, in the words of the bisection', () => {
  expect(describe(good)).toEqual(['ok 3 1a2b3c4d5e6f fast, 52.0 s: mm: say what is wrong']);
});

test('a bad one says why, and where its log and its console are', () => {
  const changes = ['A', 'B', 'C', 'D', 'E'].map((option) => ({ option }));
  const consoleLog = '/var/crashed/it.log';
  const bisection = { ...good.bisection, changed: ['Makefile'] };
  expect(
    describe({ ...good, bisection, verdict: 'bad', why: 'The test failed.', changes, consoleLog }),
  ).toEqual([
    'x 3 1a2b3c4d5e6f slow, 52.0 s: mm: say what is wrong',
    '  The test failed.',
    '  Tested with 1 changed file of yours: git status',
    '  5 options by olddefconfig: A B C D and 1 more',
    '  log: .git/utopia-bisect/03-1a2b.log',
    '  crash: utopia oops --log /var/crashed/it.log',
  ]);
});

test('where an error says why, no line does', () => {
  const step = { ...good, verdict: 'stop' as const, why: 'no room', trouble: new Error('no room') };
  expect(describe(step).join('\n')).not.toContain('no room');
});

test('the subject of a narrow terminal has a line of its own', () => {
  expect(describe(good, 50)).toEqual(['ok 3 1a2b3c4d5e6f fast, 52.0 s', '  mm: say what is wrong']);
});
