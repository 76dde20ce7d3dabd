import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStepLog } from '../../../../src/lifecycle/bisect/step-log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const commit = 'a1b2c3d4e5f6'.padEnd(40, '0');

test('logs are numbered, keep what was written, and show no sequence of somebody else', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'config'), '');
  const first = await openStepLog(folder.path, commit);
  await first.add('step', 'a commit \u001b[31mof\u202e somebody\r\r\n');
  await first.addFile('console', join(folder.path, 'none'));
  writeFileSync(join(folder.path, 'console'), 'x'.repeat(5 * 2 ** 20));
  await first.addFile('console', join(folder.path, 'console'));
  expect(first.file).toBe(join(folder.path, '01-a1b2c3d4e5f6.log'));
  const text = readFileSync(first.file, 'utf8');
  expect(text).toMatch(
    /^==> step\na commit of\\u202e somebody\n==> console, without its first 1048576 bytes\nx/,
  );
  expect(text.length).toBeLessThan(4.1 * 2 ** 20);
  expect((await openStepLog(folder.path, commit)).number).toBe(2);
});

test('the oldest of many go', async () => {
  using folder = temporaryFolder();
  for (let number = 1; number <= 250; number += 1) {
    const name = `${String(number).padStart(2, '0')}-a1b2c3d4e5f6.log`;
    writeFileSync(join(folder.path, name), '');
  }
  writeFileSync(join(folder.path, 'of-mine.log'), '');
  const log = await openStepLog(folder.path, commit);
  await log.add('step', '');
  expect(log.number).toBe(251);
  const names = readdirSync(folder.path);
  expect(names).toHaveLength(201);
  expect(names).toContain('of-mine.log');
  expect(names).not.toContain('51-a1b2c3d4e5f6.log');
  expect(names).toContain('52-a1b2c3d4e5f6.log');
});
