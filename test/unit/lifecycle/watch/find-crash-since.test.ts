import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCrashSince, logBytes } from '../../../../src/lifecycle/watch/find-crash-since.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const logs = join(import.meta.dirname, '../../../../fixtures/logs/crashes');
const crash = readFileSync(join(logs, 'debian-null-write.txt'));

test('a crash counts from where the log was on, and a log that is not there has none', async () => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'console.log');
  expect(await logBytes(log)).toBe(0);
  expect(await findCrashSince(log, 0)).toBeUndefined();
  writeFileSync(log, crash);
  expect(await findCrashSince(log, 0)).toMatchObject({ kind: 'null-dereference' });
  const before = await logBytes(log);
  expect(before).toBe(crash.length);
  expect(await findCrashSince(log, before)).toBeUndefined();
  appendFileSync(log, '[    9.000000] usb 1-1: new device\n');
  expect(await findCrashSince(log, before)).toBeUndefined();
  appendFileSync(log, crash);
  expect(await findCrashSince(log, before)).toMatchObject({ kind: 'null-dereference' });
});
