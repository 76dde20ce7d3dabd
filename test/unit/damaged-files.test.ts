import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openResults } from '../../src/lifecycle/several/result-files.ts';
import type { UtopiaError } from '../../src/errors.ts';
import { readTrusted, trustFile } from '../../src/host/program-trust.ts';
import { openFixture } from '../../src/host/source/fixture-source.ts';
import { remembered } from '../../src/host/verdict-cache.ts';
import { openPart } from '../../src/image/fetch/part.ts';
import { imageRecordPath, readImageRecord } from '../../src/image/image-record.ts';
import { findWarmBase } from '../../src/image/warm-base.ts';
import { aFlag, object } from '../../src/text/shape.ts';
import { damagedForms } from '../support/damaged-forms.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Files that no machine has of its own, damaged in every way: what reads them does without.

interface Case {
  readonly name: string;
  readonly good: object;
  readonly wrong: readonly Readonly<Record<string, unknown>>[];
  readonly path: (folder: string) => string;
  /** What comes of reading it. */
  readonly read: (folder: string) => Promise<unknown>;
  readonly whole: unknown;
  readonly damaged: unknown;
}

const env = (folder: string) => ({ HOME: folder, XDG_CACHE_HOME: folder, XDG_STATE_HOME: folder });
const key = { image: '/x', machineType: 'pc', qemuVersion: '7.2', accelerator: 'tcg' };
const output = { stdout: '', stderr: '', stdoutBytes: 0, stderrBytes: 0, truncated: false };

const cases: readonly Case[] = [
  {
    name: 'programs that were agreed to',
    good: { schema: 1, paths: ['/lab/qemu'] },
    wrong: [{ paths: '/lab/qemu' }, { paths: ['/lab/qemu', 5] }],
    path: (folder) => trustFile(env(folder)),
    read: async (folder) => await readTrusted(env(folder)),
    whole: ['/lab/qemu'],
    damaged: [],
  },
  {
    name: 'the record of an image',
    good: {
      ...{ schema: 1, suite: 'bookworm', profile: 'lab', recipe: 'x' },
      ...{ sizeBytes: 1, builtAt: '2026-11-23T10:00:00.000Z' },
    },
    wrong: [{ suite: undefined }, { include: 'gcc' }, { verified: 'yes' }],
    path: (folder) => imageRecordPath(join(folder, 'x.raw')),
    read: async (folder) => (await readImageRecord(join(folder, 'x.raw')))?.recipe,
    whole: 'x',
    damaged: undefined,
  },
  {
    name: 'a warm base',
    good: { schema: 1, ...key, memoryMiB: 512, cpus: 2, madeAt: '2026-11-23T10:00:00.000Z' },
    wrong: [{ mounts: [{}] }, { cpus: undefined }, { madeAt: 'x' }],
    path: (folder) => join(folder, 'utopia/warm/key/base.json'),
    read: async (folder) => {
      for (const name of ['disk.qcow2', 'state', 'memory']) {
        writeFileSync(join(folder, 'utopia/warm/key', name), name);
      }
      return (await findWarmBase(env(folder), 'key'))?.manifest.cpus;
    },
    whole: 2,
    damaged: undefined,
  },
  {
    name: 'the result of a run',
    good: {
      ...{ schema: 1, item: 'a', command: ['./x'], outcome: 'exited', status: 0, from: null },
      ...{ commandStatus: 0, warm: true, startMs: 1.5, commandMs: 2.5, ...output, fault: null },
      ...{ notCopied: [], leftOut: [], kept: null, crashes: [], consoleLog: null, message: null },
    },
    wrong: [{ crashes: [5] }, { leftOut: undefined }, { status: '0' }, { fault: 'nobody' }],
    path: (folder) => join(folder, 'a.json'),
    read: async (folder) => {
      await using results = await openResults({ cwd: folder }, '.');
      return (await results.find({ item: 'a', words: ['./x'] }, undefined))?.status;
    },
    whole: 0,
    damaged: undefined,
  },
  {
    name: 'the part of a download',
    good: { schema: 1, url: 'http://x/y', remote: { etag: 'x' } },
    wrong: [{ remote: 5 }, { remote: { etag: 5 } }, { url: undefined }],
    path: (folder) => join(folder, '.x.raw.part.json'),
    read: async (folder) => {
      writeFileSync(join(folder, '.x.raw.part'), 'part', { mode: 0o600 });
      const part = await openPart(join(folder, 'x.raw'), 'http://x/y');
      await part.close();
      return part.remote;
    },
    whole: { etag: 'x' },
    damaged: {},
  },
  {
    name: 'a host that is described',
    good: { kernel: '6.1.0', programs: ['/usr/bin/ssh'] },
    wrong: [
      { programs: 5 },
      { probes: { 'qemu-devices': 'x' } },
      { stat: { '/x': { rdev: [1] } } },
    ],
    path: (folder) => join(folder, 'host.json'),
    read: async (folder) =>
      await openFixture(folder).then(
        ({ kernel }) => kernel,
        ({ code }: UtopiaError) => code,
      ),
    whole: '6.1.0',
    damaged: 'usage',
  },
];

/** `null` is a description of nothing, as documented; the part of which nothing is known goes. */
const exceptions: readonly string[] = ['a host that is described: null'];

test.each(cases)('$name: whole, and damaged in every way', async (each) => {
  const { name, good, wrong, path, read, whole, damaged } = each;
  using folder = temporaryFolder();
  const file = path(folder.path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(good), { mode: 0o600 });
  expect(await read(folder.path)).toEqual(whole);
  for (const { what, text } of damagedForms(good, ...wrong)) {
    if (exceptions.includes(`${name}: ${what}`)) continue;
    // As large a result is one: outputs are kept in it.
    if (name === 'the result of a run' && what === '10 MB long') continue;
    writeFileSync(file, text);
    expect(await read(folder.path), what).toEqual(damaged);
    if (name !== 'the part of a download') expect(readFileSync(file, 'utf8') === text).toBe(true);
  }
});

test('a remembered probe of another shape is made again', async () => {
  using folder = temporaryFolder();
  let probes = 0;
  const ask = async () =>
    await remembered(env(folder.path), 'x', ['a'], object({ works: aFlag }), async () => {
      probes += 1;
      return await Promise.resolve({ works: true });
    });
  await ask();
  const file = join(folder.path, 'utopia/x.json');
  const good = JSON.parse(readFileSync(file, 'utf8')) as object;
  await ask();
  expect(probes).toBe(1);
  const forms = damagedForms(
    good,
    { verdict: { works: 'yes' } },
    { verdict: undefined },
    { key: 5 },
  );
  for (const { what, text } of forms) {
    writeFileSync(file, text);
    const before = probes;
    expect(await ask(), what).toEqual({ works: true });
    expect(probes, what).toBe(before + 1);
  }
});
