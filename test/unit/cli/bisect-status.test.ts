import { expect, test } from 'vitest';
import { isBisectStep, statusForGit } from '../../../src/cli/bisect-status.ts';

test.each([
  ['run --bisect -- ./test.sh', true],
  ['-n lab run --bisect ./test.sh', true],
  ['--config a/utopia.config run --timeout 5 --bisect -- x', true],
  // A slip must not become the word that a commit is bad.
  ['run --bisec -- x', true],
  ['run --boot-failure-is bad -- x', true],
  ['run --bisect', true],
  ['run -- ./test.sh --bisect', false],
  ['run --timeout 5 -- x', false],
  ['exec -- run --bisect', false],
  ['status', false],
])('%s: %s', (line, expected) => {
  expect(isBisectStep(line.split(' '))).toBe(expected);
});

test.each([
  [1, 128],
  [64, 128],
  [69, 128],
  [75, 128],
  [124, 128],
  [130, 130],
  [0, 0],
])('an error of %d ends git with %d', (status, expected) => {
  expect(statusForGit(status)).toBe(expected);
});
