import { existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';

/** Puts a sparse image of 1 MiB into the lab's store. */
function storeImage(lab: Lab, file: string): string {
  const folder = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/images');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, 'disk', { mode: 0o444 });
  truncateSync(path, 1 << 20);
  return path;
}

test('the store is listed, as text and as JSON', async () => {
  await using lab = await makeLab();
  expect(await lab.run('image', 'list')).toMatchObject({ status: 0, stdout: '' });
  const path = storeImage(lab, 'cslab.raw');
  storeImage(lab, '.half.raw.part');
  const { stdout } = await lab.run('image', 'list');
  expect(stdout).toMatch(/^cslab {2}\S+ \S+ of 1\.0 MB {2,}not built here\n$/);
  const listed = JSON.parse((await lab.run('image', 'list', '--json')).stdout) as object;
  expect(listed).toMatchObject({ schema: 1, images: [{ name: 'cslab', path, bytes: 1 << 20 }] });
});

test('an image with further packages says so', async () => {
  await using lab = await makeLab();
  const path = storeImage(lab, 'mine.raw');
  const record = { schema: 1, suite: 'bookworm', profile: 'minimal', include: ['gdb', 'nasm'] };
  const rest = { recipe: '0123456789ab', sizeBytes: 1 << 20, builtAt: '2026-11-23T05:00:00.000Z' };
  writeFileSync(`${path}.json`, JSON.stringify({ ...record, ...rest }));
  const { stdout } = await lab.run('image', 'list');
  expect(stdout).toContain('Debian bookworm minimal with 2 more, built 2026-11-23');
  const listed = JSON.parse((await lab.run('image', 'list', '--json')).stdout) as object;
  expect(listed).toMatchObject({ images: [{ record: { include: ['gdb', 'nasm'] } }] });
  expect(stdout).not.toContain('boot');
  writeFileSync(`${path}.json`, JSON.stringify({ ...record, ...rest, verified: false }));
  const failed = await lab.run('image', 'list');
  expect(failed.stdout).toContain('built 2026-11-23, does not boot right');
});

test('an image is removed by name, with consent', async () => {
  await using lab = await makeLab();
  const path = storeImage(lab, 'cslab.raw');
  const refused = await lab.run('image', 'remove', 'cslab');
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('--yes');
  expect(existsSync(path)).toBe(true);
  expect(await lab.run('image', 'remove', 'cslab', '--yes')).toMatchObject({ status: 0 });
  expect(existsSync(path)).toBe(false);
});

test('a name that is not there is answered with those that are', async () => {
  await using lab = await makeLab();
  storeImage(lab, 'cslab.raw');
  const outside = join(lab.folder, 'outside.raw');
  writeFileSync(outside, 'mine');
  for (const name of ['cslba', '../../outside', outside]) {
    const outcome = await lab.run('image', 'remove', name, '--yes');
    expect(outcome.status).toBe(69);
    expect(outcome.stderr).toContain('cslab');
  }
  expect(existsSync(outside)).toBe(true);
});

test('removing a link in the store leaves what it leads to', async () => {
  await using lab = await makeLab();
  const outside = join(lab.folder, 'outside.raw');
  writeFileSync(outside, 'mine');
  storeImage(lab, 'other.raw');
  const link = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/images/linked.raw');
  symlinkSync(outside, link);
  expect(await lab.run('image', 'remove', 'linked', '--yes')).toMatchObject({ status: 0 });
  expect(existsSync(link)).toBe(false);
  expect(existsSync(outside)).toBe(true);
});
