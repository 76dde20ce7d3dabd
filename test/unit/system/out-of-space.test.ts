import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  describeRefusedFile,
  describeUnmade,
  isOutOfRoom,
  saysOutOfRoom,
} from '../../../src/system/out-of-space.ts';

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

test.each([
  ['ENOSPC', 'disk-full', /no room left \(ENOSPC\)/, /df -h '?\/a folder/],
  ['EDQUOT', 'disk-full', /quota there is used up/, /df -h/],
  ['EFBIG', 'disk-full', /larger than is allowed/, /ulimit -f/],
  ['EROFS', 'cannot-create', /read-only \(EROFS\)/, /namei -l '\/a folder'/],
  ['EACCES', 'cannot-create', /no permission/, /namei -l/],
  ['EMFILE', 'cannot-create', /too many files are open/, /ulimit -n/],
  ['ENAMETOOLONG', 'path-too-long', /path is too long/, /shorter path/],
])('%s of a file becomes %s, with the file and a next step', (code, ours, message, hint) => {
  const path = '/a folder/file';
  const error = Object.assign(new Error(`${code}: open`), { code, syscall: 'open', path });
  const described = describeRefusedFile(error);
  expect(described).toMatchObject({ code: ours, status: 73 });
  expect(described?.message).toContain(path);
  expect(described?.message).toMatch(message);
  expect(described?.hint).toMatch(hint);
  const made = describeUnmade('It cannot be made', path, error, 'Another place.');
  expect(made).toMatchObject({ code: ours, message: expect.stringMatching(message) as string });
});

test('what the system says of anything but a file of ours is not described', () => {
  for (const error of [
    Object.assign(new Error('spawn x EACCES'), { code: 'EACCES', syscall: 'spawn x' }),
    Object.assign(new Error('connect EACCES'), { code: 'EACCES', syscall: 'connect' }),
    Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/x' }),
    new TypeError('x is not a function'),
    undefined,
  ]) {
    expect(describeRefusedFile(error)).toBeUndefined();
  }
});
