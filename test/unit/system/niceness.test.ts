import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { niceSession } from '../../../src/system/niceness.ts';
import { needsOfTest } from '../../support/requirements.ts';

test('a session is as nice as was asked for', async (context) => {
  needsOfTest(context, 'autogroup');
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
    const niceness = (): string => readFileSync(`/proc/${child.pid}/autogroup`, 'utf8').trim();
    const before = niceness();
    await niceSession(child.pid ?? 0, 0);
    expect(niceness()).toBe(before);
    await niceSession(child.pid ?? 0, 7);
    expect(niceness()).toMatch(/ nice 7$/);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a process that is gone is no error', async () => {
  await niceSession(2 ** 22 + 1, 19);
});
