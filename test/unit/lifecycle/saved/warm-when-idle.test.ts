import { describe, expect, test } from 'vitest';
import type { MakingEnd } from '../../../../src/lifecycle/saved/warm-child.ts';
import { calmLooks, warmWhenIdle } from '../../../../src/lifecycle/saved/warm-when-idle.ts';
import type { HostIdleness } from '../../../../src/host/idle.ts';

const calm: HostIdleness = {
  load: 0.1,
  processors: 2,
  freeMemoryBytes: 8e9,
  freeDiskBytes: 60e9,
  onBattery: false,
};
const busy: HostIdleness = { ...calm, load: 1.9 };
const tight: HostIdleness = { ...busy, freeMemoryBytes: 100e6 };
const made: MakingEnd = { kind: 'made', bytes: 212e6 };

interface Story {
  /** What the looks see, in turn; the last one for ever. */
  readonly looks: readonly HostIdleness[];
  /** How the makings end, in turn; `never` runs until it is given up. */
  readonly makings?: readonly (MakingEnd | 'never')[];
  /** There is a base of somebody else's by then. */
  readonly there?: boolean;
  /** The `up` ends before this look. */
  readonly endsAtLook?: number;
}

/** Plays it without a clock: each pause ends at once. Gives the end, and at which looks a base was begun. */
async function play({ looks, makings = [made], there = false, endsAtLook }: Story): Promise<{
  readonly end: MakingEnd;
  readonly looked: number;
  readonly begun: readonly number[];
}> {
  const up = new AbortController();
  let looked = 0;
  const begun: number[] = [];
  const end = await warmWhenIdle(
    {
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        if (looked + 1 === endsAtLook) up.abort();
      },
      look: () => Promise.resolve(looks[Math.min(looked++, looks.length - 1)] ?? calm),
      isThere: () => Promise.resolve(there),
      make: async (signal) => {
        const how = makings[begun.length] ?? made;
        begun.push(looked);
        if (how !== 'never') return how;
        return await new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'ended' }));
        });
      },
    },
    1024,
    up.signal,
  );
  return { end, looked, begun };
}

test('a base is made after two minutes of calm', async () => {
  expect(await play({ looks: [calm] })).toEqual({
    end: made,
    looked: calmLooks,
    begun: [calmLooks],
  });
});

test('one busy look starts the count anew', async () => {
  const looks = [...Array.from({ length: calmLooks - 1 }, () => calm), busy, calm];
  expect((await play({ looks })).begun).toEqual([2 * calmLooks]);
});

test('a host that is never idle boots nothing', async () => {
  expect(await play({ looks: [busy], endsAtLook: 500 })).toMatchObject({
    end: { kind: 'ended' },
    begun: [],
  });
});

test('nor one that has a base by then', async () => {
  expect(await play({ looks: [calm], there: true })).toMatchObject({
    end: { kind: 'there' },
    begun: [],
  });
});

describe('while it is made', () => {
  test('a busy host lets it be', async () => {
    const looks = [...Array.from({ length: calmLooks }, () => calm), busy];
    expect((await play({ looks })).end).toEqual(made);
  });

  test('one that runs out of memory ends it', async () => {
    const looks = [...Array.from({ length: calmLooks }, () => calm), busy, busy, tight];
    const { end, begun } = await play({ looks, makings: ['never'] });
    expect(end).toMatchObject({ kind: 'failed', why: 'The host was running out of memory.' });
    expect(begun).toHaveLength(1);
  });

  test('the end of the up ends it', async () => {
    const { end } = await play({ looks: [calm], makings: ['never'], endsAtLook: calmLooks + 5 });
    expect(end).toEqual({ kind: 'ended' });
  });

  test('that another utopia makes one is waited for; a failure is not tried again', async () => {
    const failed: MakingEnd = { kind: 'failed', status: 69, why: 'x' };
    expect(await play({ looks: [calm], makings: [{ kind: 'busy' }, failed] })).toEqual({
      end: failed,
      looked: 2 * calmLooks,
      begun: [calmLooks, 2 * calmLooks],
    });
  });
});
