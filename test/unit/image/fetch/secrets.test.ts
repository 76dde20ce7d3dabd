import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchImage } from '../../../../src/image/fetch/fetch-image.ts';
import type { FetchOptions } from '../../../../src/image/fetch/fetch-events.ts';
import { parseImageUrl } from '../../../../src/image/fetch/image-names.ts';
import { shownUrl } from '../../../../src/image/fetch/shown-url.ts';
import { startImageServer, type ImageServer } from '../../../support/image-server.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { refusalOf } from '../sample-lab.ts';

const secret = 's3cr3t';
const disk = Buffer.concat([Buffer.alloc(300_000, 'disk'), Buffer.alloc(700_000)]);

function withSecrets({ url }: ImageServer): URL {
  const full = new URL(url);
  full.username = 'anna';
  full.password = secret;
  full.search = `?file=a&token=${secret}&X-Amz-Signature=${secret}`;
  return full;
}

function optionsFor(url: URL, folder: string): FetchOptions {
  return {
    ...{ url, output: join(folder, 'disk.raw'), mode: 0o400, report: () => {} },
    ...{ signal: new AbortController().signal, retryDelaysMs: [1, 1], stallMs: 5000 },
  };
}

/** Everything in the folder, names and contents. */
function allOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => `${name} ${readFileSync(join(folder, name), 'latin1')}`)
    .join('\n');
}

test.each([
  [
    'https://anna:s3cr3t@host:8443/a/b.raw?token=s3cr3t&x#s3cr3t',
    'https://host:8443/a/b.raw?token=…&…',
  ],
  ['http://host/b.raw', 'http://host/b.raw'],
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(new URL(url))).toBe(shown);
});

test.each([
  'ftp://anna:s3cr3t@host/x',
  'http://anna:s3cr3t@[/x',
  'anna:s3cr3t@host/x?token=s3cr3t',
])('no URL that we read, and not shown either: %s', (text) => {
  expect(() => parseImageUrl(text)).toThrow('is no http or https URL');
  expect(() => parseImageUrl(text)).not.toThrow(secret);
});

describe('a password and a token in the URL', () => {
  test('are sent, and kept nowhere', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    const image = await fetchImage(optionsFor(withSecrets(server), folder.path));
    expect(server.requests).toEqual([
      {
        authorization: `Basic ${Buffer.from(`anna:${secret}`).toString('base64')}`,
        path: `/images/disk.raw?file=a&token=${secret}&X-Amz-Signature=${secret}`,
      },
    ]);
    expect(JSON.stringify(image)).not.toContain(secret);
    expect(allOf(folder.path)).not.toContain(secret);
  });

  test('are not in the record of a part, which is the user’s alone; the next fetch goes on', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.cuts = [100_000, 1, 1];
    const refusal = await refusalOf(fetchImage(optionsFor(withSecrets(server), folder.path)));
    expect(refusal.message + refusal.details.join(' ')).not.toContain(secret);
    expect(allOf(folder.path)).not.toContain(secret);
    for (const name of readdirSync(folder.path)) {
      expect([name, statSync(join(folder.path, name)).mode & 0o077]).toEqual([name, 0]);
    }
    const image = await fetchImage(optionsFor(withSecrets(server), folder.path));
    expect(readFileSync(image.path).equals(disk)).toBe(true);
    expect(server.ranges.at(-1)).toMatch(/^bytes=\d+-$/);
  });

  test('that an older version wrote down are removed', async () => {
    using folder = temporaryFolder();
    await using server = await startImageServer(disk);
    server.behaviour.statuses = [404];
    const note = join(folder.path, '.disk.raw.part.json');
    const old = { schema: 1, url: withSecrets(server).href, remote: {} };
    writeFileSync(note, JSON.stringify(old));
    await refusalOf(fetchImage(optionsFor(withSecrets(server), folder.path)));
    expect(existsSync(note)).toBe(false);
  });

  test.each([404, 401, 403])(
    'are not in the message of status %i, and no part is left',
    async (status) => {
      using folder = temporaryFolder();
      await using server = await startImageServer(disk);
      server.behaviour.statuses = [status];
      const refusal = await refusalOf(fetchImage(optionsFor(withSecrets(server), folder.path)));
      expect(refusal.message).toContain('/images/disk.raw?file=…&token=…');
      expect(`${refusal.stack} ${refusal.hint}`).not.toContain(secret);
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );

  test('go along a redirect to the same place, and to no other', async () => {
    using folder = temporaryFolder();
    await using other = await startImageServer(disk);
    await using server = await startImageServer(disk);
    server.behaviour.redirectTo = other.url.href;
    await fetchImage(optionsFor(withSecrets(server), folder.path));
    expect(other.requests).toEqual([{ authorization: undefined, path: '/images/disk.raw' }]);
    const circle = new URL(server.url);
    circle.pathname = '/again';
    server.behaviour.redirectTo = circle.href;
    const refusal = await refusalOf(
      fetchImage({
        ...optionsFor(withSecrets(server), folder.path),
        output: join(folder.path, 'b.raw'),
      }),
    );
    expect(server.requests.at(-1)?.authorization).toMatch(/^Basic /);
    expect(`${refusal.message} ${refusal.details.join(' ')}`).not.toContain(secret);
  });
});
