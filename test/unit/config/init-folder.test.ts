import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ignoreMachineFiles, writeExample } from '../../../src/config/init-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'init-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a configuration is written once, and through no link', async () => {
  const file = join(folder, 'utopia.config');
  await writeExample(file, 'utopia.config');
  expect(readFileSync(file, 'utf8')).toMatch(/^#/);
  const link = join(folder, 'link');
  symlinkSync(join(folder, 'elsewhere'), link);
  for (const path of [file, link]) {
    await expect(writeExample(path, 'a')).rejects.toMatchObject({ code: 'file-exists' });
  }
});

test('a folder without git keeps its files', async () => {
  expect((await ignoreMachineFiles(folder)).added).toEqual([]);
});

test('lines that are missing are added behind what is there', async () => {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, '.git'), '');
  const file = join(folder, 'a/.gitignore');
  writeFileSync(file, 'mine\n  *.raw  ');
  const { added } = await ignoreMachineFiles(join(folder, 'a'));
  expect(added).toContain('/.env');
  expect(added).not.toContain('*.raw');
  expect(readFileSync(file, 'utf8')).toBe(`mine\n  *.raw  \n${added.join('\n')}\n`);
  expect((await ignoreMachineFiles(join(folder, 'a'))).added).toEqual([]);
});
