import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseOtherFile, writeReport } from '../../../../src/lifecycle/doctor/redacted-report.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const heading = 'a report';

test('a report takes the place of an earlier one, and of nothing else', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'report.txt');
  await refuseOtherFile(file, 'report.txt', heading);
  await writeReport(file, 'report.txt', `${heading}\n1\n`);
  await refuseOtherFile(file, 'report.txt', heading);
  await writeReport(file, 'report.txt', `${heading}\n2\n`);
  expect(readFileSync(file, 'utf8')).toBe(`${heading}\n2\n`);
  const mine = join(folder.path, 'mine');
  writeFileSync(mine, `not ${heading}`);
  mkdirSync(join(folder.path, 'folder'));
  for (const path of [mine, join(folder.path, 'folder')]) {
    const code = 'file-exists';
    await expect(refuseOtherFile(path, 'mine', heading)).rejects.toMatchObject({ code });
  }
});

test('a folder that is not there is named as typed', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'none/report.txt');
  await refuseOtherFile(file, 'none/report.txt', heading);
  await expect(writeReport(file, 'none/report.txt', heading)).rejects.toMatchObject({
    code: 'cannot-create',
    message: expect.stringContaining('none/report.txt') as string,
  });
});
