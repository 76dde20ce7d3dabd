import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failedPath, placeImage, type Verification } from '../../../../src/image/debian/place.ts';
import { readImageRecord } from '../../../../src/image/image-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const record = {
  schema: 1,
  suite: 'trixie',
  profile: 'lab',
  recipe: 'abc',
  sizeBytes: 1,
  builtAt: '2026-11-28T00:00:00.000Z',
} as const;
const broken: Verification = { kind: 'failed', message: 'It does not boot right.', details: ['x'] };

async function place(folder: string, content: string, verification: Verification): Promise<void> {
  const file = join(folder, 'draft');
  writeFileSync(file, content);
  await placeImage(file, join(folder, 'a.raw'), record, verification, 0o600);
}

test('an image that boots right, or that nobody looked at, gets its name; its record says which', async () => {
  using folder = temporaryFolder();
  const image = join(folder.path, 'a.raw');
  await place(folder.path, 'new', { kind: 'passed' });
  expect((await readImageRecord(image))?.verified).toBe(true);
  await place(folder.path, 'newer', { kind: 'unknown' });
  expect(readFileSync(image, 'utf8')).toBe('newer');
  expect(await readImageRecord(image)).not.toHaveProperty('verified');
});

test('one that does not boot right replaces none that does: it is kept beside it, once', async () => {
  using folder = temporaryFolder();
  const image = join(folder.path, 'a.raw');
  const aside = failedPath(image);
  expect(aside).toBe(join(folder.path, 'a-failed.raw'));
  await place(folder.path, 'good', { kind: 'passed' });
  for (const content of ['bad', 'worse']) {
    await expect(place(folder.path, content, broken)).rejects.toMatchObject({
      code: 'image-build-failed',
      details: ['x'],
      hint: expect.stringContaining(aside) as string,
    });
    expect(readFileSync(aside, 'utf8')).toBe(content);
    expect(readFileSync(image, 'utf8')).toBe('good');
    expect((await readImageRecord(image))?.verified).toBe(true);
  }
});

test('a file of somebody’s own under the failed image’s name stays', async () => {
  using folder = temporaryFolder();
  const aside = failedPath(join(folder.path, 'a.raw'));
  writeFileSync(aside, 'mine');
  await expect(place(folder.path, 'bad', broken)).rejects.toMatchObject({
    hint: expect.stringContaining('was not kept') as string,
  });
  expect(readFileSync(aside, 'utf8')).toBe('mine');
  expect(existsSync(join(folder.path, 'a.raw'))).toBe(false);
});
