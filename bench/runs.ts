import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Goals of whole processes: a warm run against a cold one, and at most this many ms. */
const runGoal = { ratio: 0.1, ms: 1_500 };

/** Emulation, whatever the host has: what the goals were set for. The lab's folder is its home, hence --yes. */
const run = ['run', '--yes', '--accel', 'tcg'];

/** Throwaway runs, cold, from a warm base and from a snapshot with memory, and what a base takes. */
export async function benchRuns(lab: BenchLab, rounds: number): Promise<void> {
  const { utopia, folder, pullPlug } = lab;
  const warming = utopia('image', 'warm', '--accel', 'tcg');
  utopia('up', '--detach', '--quiet', '--accel', 'tcg');
  utopia('snapshot', 'save', 'moment');
  pullPlug();
  const samples = await sampleInTurn(rounds, {
    'utopia run --cold -- true': () => utopia(...run, '--cold', '--', 'true'),
    'utopia run -- true, from a warm base': () => utopia(...run, '--', 'true'),
    'utopia run --from a snapshot with memory': () =>
      utopia(...run, '--from', 'moment', '--', 'true'),
  });
  utopia('snapshot', 'remove', 'moment', '--yes');
  console.log(`\n## Throwaway runs (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [cold, warm] = samples.map(({ ms }) => median(ms));
  const megabytes = Math.round(occupied(join(folder, '.cache/utopia/warm')) / 1e6);
  console.log(
    `\nutopia image warm, once: ${(warming / 1000).toFixed(1)} s, ${megabytes} MB on disk`,
  );
  console.log(
    `warm / cold: ${(Number(warm) / Number(cold)).toFixed(3)} (goal: at most ${runGoal.ratio}, and at most ${runGoal.ms} ms)`,
  );
}

/** Bytes that the files below a folder occupy. */
function occupied(folder: string): number {
  if (!existsSync(folder)) return Number.NaN;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)).blocks * 512)
    .reduce((sum, each) => sum + each, 0);
}

/** Eight runs one after another, and two at once. */
export async function benchManyRuns({ utopia, folder }: BenchLab, rounds: number): Promise<void> {
  utopia('image', 'warm', '--accel', 'tcg');
  const items = Array.from({ length: 8 }, (_, index) => `item-${index}`);
  for (const item of items) mkdirSync(join(folder, item));
  // Something to compute, so that it is not the start alone that is divided between processors.
  const work = ['--', 'sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'];
  const samples = await sampleInTurn(rounds, {
    'eight times utopia run': () =>
      items.map(() => utopia(...run, ...work)).reduce((sum, ms) => sum + ms, 0),
    'utopia run --each, --jobs 1': () => utopia(...run, '--each', ...items, '--jobs', '1', ...work),
    'utopia run --each, --jobs 2': () => utopia(...run, '--each', ...items, '--jobs', '2', ...work),
  });
  console.log(`\n## Eight runs (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [apart, one, two] = samples.map(({ ms }) => median(ms));
  console.log(`\ntwo at once / one after another: ${(Number(two) / Number(one)).toFixed(2)}`);
  console.log(`two at once / eight commands: ${(Number(two) / Number(apart)).toFixed(2)}`);
}
