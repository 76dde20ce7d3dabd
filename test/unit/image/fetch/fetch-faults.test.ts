import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startImageServer } from '../../../support/image-server.ts';
import { buildProgram } from '../../../support/program.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts';

/** A program of its own that fetches a URL to a path; prints the outcome and what is in the folder then. */
const program = `
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fetchImage } from './src/image/fetch/fetch-image.ts';
const [url, output] = process.argv.slice(2);
const outcome = await fetchImage({
  url: new URL(url), output, mode: 0o444, signal: new AbortController().signal, report: () => {}, retryDelaysMs: [1],
}).catch(({ code, message }) => ({ code, message }));
process.stdout.write(JSON.stringify({ ...outcome, names: readdirSync(dirname(output)) }));
`;

let built: TemporaryFolder;
let script: string;

beforeAll(() => {
  built = temporaryFolder();
  script = buildProgram(built.path, program);
});
afterAll(() => built[Symbol.dispose]());

const disk = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(1_000_000)]);

test('a fetch killed at any moment leaves no image, and the next one completes it', async () => {
  await using server = await startImageServer(gzipSync(disk));
  using folder = temporaryFolder();
  const output = join(folder.path, 'disk.raw');
  let unfinished = 0;
  for (let round = 0; round < 12; round += 1) {
    // Silent after a while: so each of them is killed on its way.
    server.behaviour.stalls = [200_000 * (round + 1)];
    const child = spawn(process.execPath, [script, server.url.href, output], { stdio: 'ignore' });
    const requests = server.ranges.length;
    const exited = once(child, 'exit').then(() => true);
    // One that finds everything downloaded has nothing to ask for, and ends by itself.
    while (server.ranges.length === requests) {
      if (await Promise.race([exited, sleep(5, false)])) break;
    }
    await sleep(round * 3);
    child.kill('SIGKILL');
    await exited;
    if (existsSync(output)) break;
    unfinished += 1;
    expect(readdirSync(folder.path).every((name) => name.startsWith('.disk.raw.'))).toBe(true);
  }
  expect(unfinished).toBeGreaterThan(0);
  server.behaviour.stalls = [];
  // One that was killed with the image in place already leaves only its tidying up.
  const child = spawn(process.execPath, [script, server.url.href, output], { stdio: 'ignore' });
  await once(child, 'exit');
  expect(readFileSync(output).equals(disk)).toBe(true);
  expect(readdirSync(folder.path)).toEqual(['disk.raw']);
});

describe('what somebody has laid in the place of the part', () => {
  test.each(['link', 'dangling link', 'pipe', 'file of another user'])(
    'is not written through, nor part of the image: %s',
    async (kind) => {
      await using server = await startImageServer(disk);
      using folder = temporaryFolder();
      const drop = join(folder.path, 'drop');
      mkdirSync(drop);
      const [output, victim] = [join(drop, 'disk.raw'), join(folder.path, 'victim')];
      const part = join(drop, '.disk.raw.part');
      if (kind !== 'dangling link') writeFileSync(victim, 'as it was');
      if (kind.endsWith('link')) symlinkSync(victim, part);
      else if (kind === 'pipe') execFileSync('mkfifo', [part]);
      else {
        writeFileSync(part, 'evil'.repeat(1000));
        writeFileSync(
          `${part}.json`,
          JSON.stringify({ schema: 1, url: server.url.href, remote: {} }),
        );
        if (process.getuid?.() === 0)
          for (const path of [part, `${part}.json`]) chownSync(path, 54_003, 54_003);
        else rmSync(part);
      }
      const child = spawn(process.execPath, [script, server.url.href, output], { stdio: 'ignore' });
      await once(child, 'exit');
      expect(readFileSync(output).equals(disk)).toBe(true);
      expect(readdirSync(drop)).toEqual(['disk.raw']);
      expect(existsSync(victim)).toBe(kind !== 'dangling link');
      if (kind !== 'dangling link') expect(readFileSync(victim, 'utf8')).toBe('as it was');
    },
  );
});

describe('a small disk', () => {
  needsOfHost('root', 'mount-namespaces');

  test.each([
    ['for the download: refused before it starts', '2m', disk, /2 MB free|3 MB free/, []],
    [
      'for what is unpacked: stops, and keeps the download',
      '2m',
      gzipSync(Buffer.concat([Buffer.alloc(6_000_000, 'not zero'), Buffer.alloc(600)])),
      /No room for the image/,
      ['.disk.raw.part', '.disk.raw.part.json'],
    ],
  ])('%s', async (_, size, body, message, left) => {
    await using server = await startImageServer(body);
    using folder = temporaryFolder();
    const place = join(folder.path, 'place');
    mkdirSync(place);
    const commands = `mount -t tmpfs -o size=${size} none "$0" && exec "$@"`;
    const args = ['-m', 'sh', '-c', commands, place, process.execPath, script, server.url.href];
    const child = spawn('unshare', [...args, join(place, 'disk.raw')]);
    const output = (await child.stdout.setEncoding('utf8').toArray()).join('');
    const outcome = JSON.parse(output) as { code: string; message: string; names: string[] };
    expect(outcome.code).toBe('disk-full');
    expect(outcome.message).toMatch(message);
    expect(outcome.names).toEqual(expect.arrayContaining(left));
    expect(outcome.names).not.toContain('disk.raw');
  });
});
