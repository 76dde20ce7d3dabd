import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu');

test.each([['/'], ['~'], ['./link to home']])('SHARED_FS_DIR=%s is asked about', async (path) => {
  await using lab = await makeLab({ scenario: {} });
  symlinkSync(lab.env['HOME'] ?? '', join(lab.folder, 'link to home'));
  lab.writeConfig([`SHARED_FS_DIR=${path.replaceAll(' ', String.raw`\ `)}`]);
  const refused = await lab.run('up', '--detach');
  expect(refused.status).toBe(69);
  expect(refused.stderr).toMatch(/your\s+home\s+folder/);
  expect(refused.stderr).toContain('--yes');
  expect(lab.processes()).toEqual([]);
  expect(await lab.run('up', '--detach', '--yes')).toMatchObject({ status: 0 });
});

test('a folder in the home is nobody’s concern, and is made', async () => {
  await using lab = await makeLab({ scenario: {} });
  lab.writeConfig(['SHARED_FS_DIR=~/labs/shared']);
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  expect(existsSync(join(lab.env['HOME'] ?? '', 'labs/shared'))).toBe(true);
});
