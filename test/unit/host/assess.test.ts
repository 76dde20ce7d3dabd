import { describe, expect, it } from 'vitest';
import { runChecks } from '../../../src/host/assess.ts';
import { pass, type Check } from '../../../src/host/check.ts';
import { checks } from '../../../src/host/checks/table.ts';
import { gatherHost } from '../../../src/host/gather/host.ts';
import { startAsking } from '../../../src/host/gather/asking.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import type { HostSource } from '../../../src/host/source/host-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleLab } from './sample-lab.ts';

const { signal } = new AbortController();

async function factsOf(source: HostSource) {
  return await gatherHost(source, { config: sampleLab().config, overlayFolder: '/', signal });
}

async function emptySource(): Promise<HostSource> {
  using folder = temporaryFolder();
  return await openFixture(folder.path);
}

async function failing(): Promise<never> {
  return await Promise.reject(new Error('no'));
}

describe('running the checks', () => {
  it('makes a state of a check that crashes, and goes on', async () => {
    const row = { group: 'Host', title: '', reads: '', causes: [] } as const;
    const table: readonly Check[] = [
      {
        ...row,
        id: 'a',
        evaluate: () => {
          throw new Error('boom');
        },
      },
      { ...row, id: 'b', evaluate: () => pass('fine') },
    ];
    const facts = await factsOf(await emptySource());
    const results = runChecks(table, { facts, lab: sampleLab(), requireKvm: false });
    expect(results).toMatchObject([
      {
        id: 'a',
        status: 'unknown',
        cause: 'check-crashed',
        message: expect.stringMatching('boom'),
      },
      { id: 'b', status: 'pass' },
    ]);
  });

  it('gives every check an id of its own', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });
});

describe('gathering facts', () => {
  it('survives a host on which every probe fails', async () => {
    const source = await emptySource();
    const facts = await factsOf({
      ...source,
      list: failing,
      stat: failing,
      openReadWrite: failing,
      space: failing,
      readKernelLog: failing,
      bindPort: failing,
    });
    const results = runChecks(checks, { facts, lab: sampleLab(), requireKvm: false });
    expect(results.filter(({ cause }) => cause === 'check-crashed')).toEqual([]);
    expect(facts.gaps.size).toBeGreaterThan(3);
  });

  it('does not wait for a probe that hangs', async () => {
    const { ask, gaps } = startAsking(signal);
    expect(await ask('slow', async () => await new Promise(() => {}), 20)).toBeUndefined();
    expect(gaps.get('slow')).toMatch('no answer');
  });

  it('stops when it is interrupted', async () => {
    const { ask } = startAsking(AbortSignal.abort(new Error('Ctrl-C')));
    await expect(ask('x', async () => await Promise.reject(new Error('killed')))).rejects.toThrow(
      'Ctrl-C',
    );
  });
});
