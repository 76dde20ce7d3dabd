import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const tests = join(import.meta.dirname, '..');
/** Where skips are made, with their reason; with UTOPIA_REQUIRE_VM=1 each is a failure there. */
const only = 'support/requirements.ts';
/** `test.skipIf(…)`, `context.skip(…)`, `{ skip: true }`, and what else lets a test not run. */
const skip = /\.\s*(?:skip|skipIf|runIf|todo|only)\b|\{[^{}]*\bskip\s*[:,}]/;

/** The files of a folder in which the pattern is, by their paths from there on. */
function filesWith(pattern: RegExp): string[] {
  return readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => pattern.test(readFileSync(join(tests, file), 'utf8')));
}

test.each([
  "test.skipIf(true)('x')",
  "test\n  .skipIf(unmetNeed('qemu')",
  "describe.runIf(isRoot)('x'",
  'context.skip(reason)',
  "it.todo('x')",
  "test('x', ({ skip }) => {",
  "test('x', { timeout: 1, skip: isBusy }, () => {",
])('%j is a skip', (text) => {
  expect(skip.test(text)).toBe(true);
});

test('every skip of a test goes through what UTOPIA_REQUIRE_VM=1 makes a failure', () => {
  expect(filesWith(skip).filter((file) => file !== 'unit/skips.test.ts')).toEqual([only]);
});
