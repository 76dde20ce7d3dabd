import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDeadline } from '../../../src/system/deadline.ts';

const source = join(import.meta.dirname, '../../../src');

/** Files of src whose code, comments left out, matches. */
function filesWith(pattern: RegExp): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) =>
      pattern.test(
        readFileSync(join(source, name), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, ''),
      ),
    );
}

test('no signal that may be collected before it fires: AbortSignal.any and .timeout are used nowhere', () => {
  // Also `const { any } = AbortSignal` and `AbortSignal['timeout']`.
  expect(
    filesWith(/AbortSignal\s*(?:\.\s*(?:any|timeout)\b|\[\s*['"`])|\}\s*=\s*AbortSignal/),
  ).toEqual([]);
});

test('time ends it, and says so', async () => {
  const deadline = openDeadline(1);
  await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve));
  expect(deadline.passed()).toBe(true);
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('another signal ends it with its reason, one that is aborted already at once', () => {
  const other = new AbortController();
  const deadline = openDeadline(undefined, other.signal);
  expect(deadline.signal.aborted).toBe(false);
  other.abort('enough');
  expect(deadline.signal.reason).toBe('enough');
  expect(deadline.passed()).toBe(false);
  expect(openDeadline(undefined, other.signal).signal.reason).toBe('enough');
});

test('after stop nothing but abort ends it', () => {
  const other = new AbortController();
  const deadline = openDeadline(undefined, other.signal);
  deadline.stop();
  other.abort();
  expect(deadline.signal.aborted).toBe(false);
  deadline.abort('now');
  expect(deadline.signal.reason).toBe('now');
});

test('a time longer than a timer of Node can count is no time that is over at once', async () => {
  const deadline = openDeadline(2 ** 40);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(deadline.signal.aborted).toBe(false);
  deadline.stop();
});
