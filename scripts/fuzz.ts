// Gives every reader of foreign bytes hostile ones, each case with a time limit.
//   npm run fuzz -- [--target ID] [--cases 10000] [--seed N] [--case INDEX] [--limit MS]
import { parseArgs } from 'node:util';
import { runHostile } from '../test/support/hostile/run.ts';
import { hostileTargets } from '../test/support/hostile/targets.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    case: { type: 'string' },
    limit: { type: 'string', default: '10000' },
  },
});
const seed = Number(values.seed);
const from = Number(values.case ?? 0);
const cases = values.case === undefined ? Number(values.cases) : 1;
const wanted = hostileTargets.filter(({ id }) => (values.target ?? id) === id);
if (wanted.length === 0) {
  console.log(`no such target; there are ${hostileTargets.map(({ id }) => id).join(', ')}`);
  process.exitCode = 64;
}
for (const { id } of wanted) {
  const started = performance.now();
  const failures = await runHostile({ id, seed, from, cases, limitMs: Number(values.limit) });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${id}: seed ${seed}, ${cases} cases in ${seconds} s, ${failures.length} failed`);
  for (const { index, why } of failures) {
    console.log(`  npm run fuzz -- --target ${id} --seed ${seed} --case ${index}\n  ${why}`);
    process.exitCode = 1;
  }
}
