import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isOutOfRoom, saysOutOfRoom } from '../../src/no-room.ts';

function failureOf(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

// /dev/full is a disk without room (full(4)).
test('a full disk is told from a folder that is not there', () => {
  expect(isOutOfRoom(failureOf(() => writeFileSync('/dev/full', 'x')))).toBe(true);
  expect(isOutOfRoom(failureOf(() => writeFileSync('/nowhere/x', 'x')))).toBe(false);
  expect(isOutOfRoom(undefined)).toBe(false);
});

test('cp’s words for it are known', () => {
  const env = { ...process.env, LC_ALL: 'C' };
  const full = spawnSync('cp', ['/etc/passwd', '/dev/full'], { env, encoding: 'utf8' });
  expect(full.status).not.toBe(0);
  expect(saysOutOfRoom(full.stderr)).toBe(true);
  expect(saysOutOfRoom(execFileSync('true', { encoding: 'utf8' }))).toBe(false);
});
