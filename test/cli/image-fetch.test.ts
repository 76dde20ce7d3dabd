import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startImageServer } from '../support/image-server.ts';
import { makeLab } from '../support/lab.ts';

const disk = Buffer.concat([Buffer.alloc(1 << 20, 'disk'), Buffer.alloc(7 << 20)]);
const packed = gzipSync(disk);
const sha256 = createHash('sha256').update(packed).digest('hex');

test('an image comes into the store, and its address is printed', async () => {
  await using lab = await makeLab();
  await using server = await startImageServer(packed, 'cslab.raw.gz');
  server.behaviour.cuts = [500];
  const outcome = await lab.run('image', 'fetch', server.url.href, '--sha256', sha256);
  expect(outcome).toMatchObject({ status: 0 });
  const path = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/images/cslab.raw');
  expect(outcome.stdout.split('\n')[0]).toBe(path);
  expect(outcome.stdout).toContain('sha256 of the download as given');
  expect(outcome.stderr).toContain('the connection was cut');
  expect(readFileSync(path).equals(disk)).toBe(true);
  expect((await lab.run('image', 'list')).stdout).toContain('cslab');
});

test('-o is relative to the current folder, and --json prints what came', async () => {
  await using lab = await makeLab();
  await using server = await startImageServer(packed, 'cslab.raw.gz');
  const outcome = await lab.run('image', 'fetch', server.url.href, '-o', 'my.raw', '--json');
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    ...{ schema: 1, path: join(lab.folder, 'my.raw'), format: 'raw', imageBytes: disk.length },
    ...{ downloadedBytes: packed.length, sha256, verified: false },
  });
  expect(outcome.stderr).toBe('');
});

test('Ctrl-C keeps what came, and the same command continues', async () => {
  await using lab = await makeLab();
  await using server = await startImageServer(disk);
  server.behaviour.stalls = [6 << 20];
  const fetching = lab.start('image', 'fetch', server.url.href, '-o', 'my.raw');
  const part = join(lab.folder, '.my.raw.part.json');
  while (!existsSync(part) || !existsSync(join(lab.folder, '.my.raw.part'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  while (statSync(join(lab.folder, '.my.raw.part')).size < 1 << 20) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  fetching.child.kill('SIGINT');
  const interrupted = await fetching.ended;
  expect(interrupted.status).toBe(130);
  expect(interrupted.stderr).toContain('The same command continues there');
  expect(existsSync(join(lab.folder, 'my.raw'))).toBe(false);

  const outcome = await lab.run('image', 'fetch', server.url.href, '-o', 'my.raw');
  expect(outcome).toMatchObject({ status: 0 });
  expect(server.ranges[1]).toMatch(/^bytes=[1-9]\d+-$/);
  expect(readFileSync(join(lab.folder, 'my.raw')).equals(disk)).toBe(true);
});

test.each([
  [
    'a wrong checksum',
    (): string[] => ['--sha256', 'f'.repeat(64)],
    69,
    /checksum .* is not the given/,
  ],
  ['no checksum at all', (): string[] => ['--sha256', 'abc'], 64, /64 hexadecimal digits/],
])('%s', async (_, args, status, message) => {
  await using lab = await makeLab();
  await using server = await startImageServer(packed);
  const before = readdirSync(lab.folder);
  const outcome = await lab.run('image', 'fetch', server.url.href, '-o', 'my.raw', ...args());
  expect(outcome.status).toBe(status);
  expect(outcome.stderr).toMatch(message);
  expect(readdirSync(lab.folder)).toEqual(before);
});
