import { expect, test } from 'vitest';
import { runHostile } from '../support/hostile/run.ts';
import { hostileTargets } from '../support/hostile/targets.ts';

/** A case takes milliseconds; this is for a host that is busy with something else. */
const limitMs = 30_000;

test.each(hostileTargets.map(({ id }) => id))(
  'hostile %s: 300 cases neither crash its reader nor hold it up',
  async (id) => {
    expect(await runHostile({ id, seed: 1, cases: 300, limitMs })).toEqual([]);
  },
  300_000,
);
