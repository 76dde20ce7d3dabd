import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { describeSlowdown } from '../../../src/host/describe-slowdown.ts';
import { searchQemu, isRunnableHere } from '../../../src/host/find-qemu.ts';
import { knownSlowdown } from '../../../src/host/known-slowdown.ts';
import { measureSlowdown } from '../../../src/host/slowdown.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it.each([
  [undefined, 'which is slower'],
  [1.2, 'hardly slower here'],
  [2.34, 'computing takes about 2.3× as long'],
  [13.6, 'computing takes about 14× as long'],
])('%s: %s', (slowdown, words) => {
  expect(describeSlowdown(slowdown)).toBe(words);
});

it('takes the canaries of a described host only where they differ by more than a start', async () => {
  const hosts = join(import.meta.dirname, '../../../fixtures/hosts');
  const ofGood = await openFixture(join(hosts, 'ubuntu-intel-ok'));
  expect(await ofGood.measureSlowdown('')).toBeUndefined();
  const ofSlow = await openFixture(join(hosts, 'slow-emulation'));
  expect(await ofSlow.measureSlowdown('')).toBe(12);
});

describe('on this host', () => {
  needsOfHost('qemu');

  it('measures a loop under emulation, once', async () => {
    using folder = temporaryFolder();
    const env = { XDG_CACHE_HOME: folder.path };
    const { signal } = new AbortController();
    const { binary = '' } = await searchQemu(undefined, process.env, isRunnableHere);
    expect(await knownSlowdown(binary, env)).toBeUndefined();
    let slowdown: number | undefined;
    // A busy host may hear of the loop's dots all at once: that is no measurement, and is not kept.
    await vi.waitFor(
      async () => {
        slowdown = await measureSlowdown(binary, env, signal);
        expect(slowdown).toBeGreaterThan(1);
      },
      { timeout: 50_000 },
    );
    expect(slowdown).toBeLessThan(200);
    expect(await knownSlowdown(binary, env)).toBe(slowdown);
  });
});
