import { expect, test } from 'vitest';
import { describeNotCopied } from '../../../src/ui/not-copied.ts';

const plain = (text: string): string => text;
const errColor = {
  ...{ level: 0, bold: plain, dim: plain, red: plain },
  ...{ green: plain, yellow: plain, cyan: plain },
};
const terminal = { errColor, symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' } };
const report = { notCopied: ['log'], leftOut: [{ path: 'dev', why: 'a device' }] };

test.each([
  ['exited', ['! dev was left out: a device', '! log is not there in the copy']],
  ['timed-out', ['! dev was left out: a device', '! log was not copied: the command had no end']],
  // The message of the run says why.
  ['not-copied', ['! dev was left out: a device']],
])('%s', (outcome, lines) => {
  expect(describeNotCopied({ ...report, outcome }, terminal)).toEqual(lines);
});
