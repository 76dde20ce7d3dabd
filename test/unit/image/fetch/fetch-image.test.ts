import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Interruption } from '../../../../src/environment.ts';
import { fetchImage } from '../../../../src/image/fetch/fetch-image.ts';
import type { FetchOptions } from '../../../../src/image/fetch/fetch-events.ts';
import { needsOfTest } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { refusalOf } from '../sample-lab.ts';
import { startImageServer, type ImageServer } from '../../../support/image-server.ts';

/** 4 MiB with 3 MiB of zeros in the middle and some at the end, as a disk has them. */
const disk = Buffer.concat([
  randomBytes(700_000),
  Buffer.alloc(3 * 1024 * 1024),
  randomBytes(200_000),
  Buffer.alloc(4 * 1024 * 1024 - 3 * 1024 * 1024 - 900_000),
]);

function optionsFor(
  server: ImageServer,
  folder: string,
  more: Partial<FetchOptions> = {},
): FetchOptions {
  return {
    url: server.url,
    output: join(folder, 'disk.raw'),
    mode: 0o444,
    signal: new AbortController().signal,
    report: () => {},
    retryDelaysMs: [1, 1, 1],
    stallMs: 5000,
    ...more,
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('an image that arrives whole', () => {
  test('raw: sparse, read-only, alone in its folder', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(disk) }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(image).toMatchObject({
      ...{ format: 'raw', downloadedBytes: disk.length, imageBytes: disk.length },
      ...{ sha256: sha256(disk), verified: true },
    });
    expect(image.allocatedBytes).toBeLessThan(1_200_000);
    expect(statSync(image.path).mode & 0o777).toBe(0o444);
    expect(statSync(image.path).nlink).toBe(1);
    expect(readdirSync(folder.path)).toEqual(['disk.raw']);
  });

  test.each([
    ['one member', gzipSync(disk)],
    ['two members', Buffer.concat([gzipSync(disk.subarray(0, 1e6)), gzipSync(disk.subarray(1e6))])],
  ])(
    'gzip, %s: unpacked and sparse, the checksum is that of the packed file',
    async (_, packed) => {
      using folder = temporaryFolder();
      await using server = await startImageServer(packed, 'disk.raw.gz');
      const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(packed) }));
      expect(readFileSync(image.path).equals(disk)).toBe(true);
      expect(image.downloadedBytes).toBe(packed.length);
      expect(image.allocatedBytes).toBeLessThan(1_200_000);
      expect(readdirSync(folder.path)).toEqual(['disk.raw']);
    },
  );

  test('xz', async (context) => {
    needsOfTest(context, 'xz');
    const packed = spawnSync('xz', ['-c'], { input: disk, maxBuffer: 1e8 });
    using folder = temporaryFolder();
    await using server = await startImageServer(packed.stdout, 'disk.raw.xz');
    const image = await fetchImage(optionsFor(server, folder.path));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
  });

  test('without a length (chunked), and smaller than what kinds are told by', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(Buffer.from('tiny'));
    server.behaviour.claimedLength = null;
    const image = await fetchImage(optionsFor(server, folder.path));
    expect(readFileSync(image.path, 'utf8')).toBe('tiny');
    expect(image.verified).toBe(false);
  });

  test('through a redirect', async () => {
    using folder = temporaryFolder();
    await using target = await startImageServer(disk);
    await using server = await startImageServer(disk);
    server.behaviour.redirectTo = target.url.href;
    const image = await fetchImage(optionsFor(server, folder.path));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
  });
});

const packed = gzipSync(disk);

describe.each([
  ['raw', disk],
  ['gzip', packed],
])('a connection that is cut (%s)', (_, body) => {
  const places = Array.from({ length: 6 }, () => Math.floor(Math.random() * body.length * 0.3));
  // What a cut leaves in Node's buffer is lost: the first one is beyond that, so that a range follows.
  places[0] = 128 * 1024 + (places[0] ?? 0);

  test(`at ${places.join(', ')}: goes on by ranges`, async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    server.behaviour.cuts = places.slice();
    // Cuts within one buffer bring nothing: one attempt for each.
    const options = { sha256: sha256(body), retryDelaysMs: places.map(() => 1) };
    const image = await fetchImage(optionsFor(server, folder.path, options));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges.filter((range) => range !== undefined).length).toBeGreaterThan(0);
  });

  test('by a server that ignores ranges: starts over', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    server.behaviour.honoursRanges = false;
    server.behaviour.cuts = [1000, body.length >> 1];
    const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(body) }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges).toHaveLength(3);
  });

  test('by a server that names neither tag nor date: starts over, never glues', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    server.behaviour.etag = undefined;
    server.behaviour.cuts = [body.length >> 1];
    const image = await fetchImage(optionsFor(server, folder.path));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges).toEqual([undefined, undefined]);
  });

  test.each([false, true])(
    'while the file changes (If-Range ignored: %s): the new one comes whole',
    async (ignoresIfRange) => {
      using folder = temporaryFolder();
      await using server = await startImageServer(gzipSync(randomBytes(2_000_000)));
      server.behaviour.ignoresIfRange = ignoresIfRange;
      server.behaviour.cuts = [1_000_000];
      server.behaviour.before = () => {
        if (server.ranges.length !== 2) return;
        server.behaviour.body = body;
        server.behaviour.etag = '"two"';
      };
      const image = await fetchImage(optionsFor(server, folder.path));
      expect(readFileSync(image.path).equals(disk)).toBe(true);
    },
  );

  test('for good: gives up, and the next command continues', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    const half = body.length >> 1;
    server.behaviour.cuts = [half, 0, 0, 0, 0, 0];
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.code).toBe('download-failed');
    expect(refusal.hint).toContain('continues');
    expect(existsSync(join(folder.path, 'disk.raw'))).toBe(false);
    server.behaviour.cuts = [];
    server.ranges.length = 0;
    const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(body) }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(Number(/\d+/.exec(server.ranges[0] ?? '')?.[0])).toBeGreaterThan(0);
    expect(readdirSync(folder.path)).toEqual(['disk.raw']);
  });
});

describe('what must not end as an image', () => {
  test.each([
    ['404', 404, /404: there is no such file/],
    ['403', 403, /403: access is forbidden/],
  ])('status %s, at once', async (_, status, message) => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.statuses = [status];
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.code).toBe('download-failed');
    expect(refusal.message).toMatch(message);
    expect(server.ranges).toHaveLength(1);
  });

  test('status 503 is tried again', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.statuses = [503, 503];
    await fetchImage(optionsFor(server, folder.path));
    expect(server.ranges).toHaveLength(3);
  });

  test.each([
    ['a web page', Buffer.from('<!doctype html><title>Log in</title>'), /web page/],
    ['nothing', Buffer.alloc(0), /is empty/],
    ['zstd', Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(600)]), /zstd/],
    ['a packed web page', gzipSync('<html><body>moved</body></html>'), /web page/],
    ['a packed packed file', gzipSync(gzipSync(disk)), /packed twice \(gzip/],
  ])('%s', async (_, body, message) => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.code).toBe('image-unsuitable');
    expect(refusal.message).toMatch(message);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a wrong checksum', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(packed);
    const refusal = await refusalOf(
      fetchImage(optionsFor(server, folder.path, { sha256: '0'.repeat(64) })),
    );
    expect(refusal.code).toBe('checksum-mismatch');
    expect(refusal.details.join()).toContain(sha256(packed));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ['cut off', packed.subarray(0, packed.length - 2000)],
    [
      'damaged',
      Buffer.concat([packed.subarray(0, 4000), Buffer.alloc(5000), packed.subarray(9000)]),
    ],
  ])('a packed file that is %s on the server itself', async (_, body) => {
    using folder = temporaryFolder();
    await using server = await startImageServer(body);
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.code).toBe('download-failed');
    expect(refusal.message).toContain('damaged or cut off');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('an xz file that is cut off on the server itself', async (context) => {
    needsOfTest(context, 'xz');
    const whole = spawnSync('xz', ['-c'], { input: disk, maxBuffer: 1e8 });
    using folder = temporaryFolder();
    await using server = await startImageServer(whole.stdout.subarray(0, 500_000));
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.message).toContain('damaged or cut off');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a length that promises more than comes', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.honoursRanges = false;
    server.behaviour.claimedLength = disk.length + 1000;
    server.behaviour.cuts = Array.from({ length: 9 }, () => disk.length - 1);
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(refusal.code).toBe('download-failed');
    expect(existsSync(join(folder.path, 'disk.raw'))).toBe(false);
  });

  test('a redirect in a circle, and one to nowhere', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.redirectTo = server.url.href;
    const circle = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(circle.message).toContain('in a circle');
    server.behaviour.redirectTo = 'file:///etc/passwd';
    const nowhere = await refusalOf(fetchImage(optionsFor(server, folder.path)));
    expect(nowhere.message).toContain('no web address');
  });

  test('a port where nobody listens: said at once', async () => {
    using folder = temporaryFolder();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { readonly port: number };
    listener.close();
    await once(listener, 'close');
    await using server = await startImageServer(disk);
    const url = new URL(`http://127.0.0.1:${port}/x.raw`);
    const refusal = await refusalOf(fetchImage(optionsFor(server, folder.path, { url })));
    expect(refusal.message).toContain('connection refused');
  });
});

describe('a silent server', () => {
  test('is left, and asked again for the rest', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.stalls = [300_000];
    const events: string[] = [];
    const report: FetchOptions['report'] = (event) => {
      if (event.kind === 'waiting') events.push(event.reason);
    };
    const image = await fetchImage(optionsFor(server, folder.path, { stallMs: 2_000, report }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(events).toEqual([expect.stringContaining('nothing came')]);
    expect(server.ranges[1]).toBe('bytes=300000-');
  });

  test('is left at Ctrl-C, and the next command continues', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.stalls = [1_500_000];
    const controller = new AbortController();
    const report: FetchOptions['report'] = (event) => {
      if (event.kind === 'received' && event.bytes === 1_500_000) {
        controller.abort(new Interruption('SIGINT'));
      }
    };
    const signal = controller.signal;
    const refusal = await refusalOf(
      fetchImage(optionsFor(server, folder.path, { signal, report })),
    );
    expect(refusal.code).toBe('interrupted');
    expect(readdirSync(folder.path).toSorted()).toEqual(['.disk.raw.part', '.disk.raw.part.json']);
    const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(disk) }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    // It stopped among zeros: they count although they occupy nothing.
    expect(server.ranges[1]).toBe('bytes=1500000-');
  });
});

describe('what is there already', () => {
  test('an image of that name is never replaced, a dangling link neither', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    const options = optionsFor(server, folder.path);
    writeFileSync(options.output, 'mine');
    expect((await refusalOf(fetchImage(options))).code).toBe('file-exists');
    expect(readFileSync(options.output, 'utf8')).toBe('mine');
    const link = join(folder.path, 'link.raw');
    symlinkSync('nowhere', link);
    expect((await refusalOf(fetchImage({ ...options, output: link }))).code).toBe('file-exists');
    expect(server.ranges).toEqual([]);
  });

  test('an image that appears meanwhile is not replaced, and the part is kept', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    const options = optionsFor(server, folder.path);
    server.behaviour.before = () => writeFileSync(options.output, 'mine');
    expect((await refusalOf(fetchImage(options))).code).toBe('file-exists');
    expect(readFileSync(options.output, 'utf8')).toBe('mine');
  });

  test('a part of another address is thrown away', async () => {
    using folder = temporaryFolder();
    await using other = await startImageServer(randomBytes(3_000_000));
    other.behaviour.cuts = [2_000_000, 0, 0, 0, 0, 0];
    await refusalOf(fetchImage(optionsFor(other, folder.path)));
    expect(statSync(join(folder.path, '.disk.raw.part')).size).toBeGreaterThan(0);
    await using server = await startImageServer(disk);
    const image = await fetchImage(optionsFor(server, folder.path));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges).toEqual([undefined]);
  });

  test('a whole part, of a fetch killed at the very end, is only put in place', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    writeFileSync(join(folder.path, '.disk.raw.part'), disk);
    const remote = { etag: '"one"', totalBytes: disk.length };
    writeFileSync(
      join(folder.path, '.disk.raw.part.json'),
      JSON.stringify({ schema: 1, url: server.url.href, remote }),
    );
    const image = await fetchImage(optionsFor(server, folder.path, { sha256: sha256(disk) }));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges).toEqual([`bytes=${disk.length}-`]);
  });

  test('two fetches of one image at once: the second is refused, the first is not disturbed', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    let second: Promise<unknown> | undefined;
    const report: FetchOptions['report'] = (event) => {
      if (event.kind === 'opened')
        second ??= refusalOf(fetchImage(optionsFor(server, folder.path)));
    };
    server.behaviour.stalls = [1000];
    const image = await fetchImage(optionsFor(server, folder.path, { report, stallMs: 500 }));
    expect(await second).toMatchObject({ code: 'image-in-use' });
    expect(readFileSync(image.path).equals(disk)).toBe(true);
  });
});
