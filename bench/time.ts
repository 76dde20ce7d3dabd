import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { program, type BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow, timeProcess } from './sampling.ts';

/** Goals of whole processes: a warm run against a cold one, and at most this many ms. */
const runGoal = { ratio: 0.1, ms: 1_500 };

/** Throwaway runs, cold and from a warm base; suspend and resume against a boot. */
export async function benchTime(lab: BenchLab, rounds: number): Promise<void> {
  const options = { cwd: lab.folder, env: { ...lab.env, UTOPIA_ACCEL: 'tcg' } };
  // The lab's folder is its home, too: hence --yes.
  const utopia = (...args: readonly string[]): number =>
    timeProcess(process.execPath, [program, ...args], options);
  const warming = utopia('image', 'warm');
  const runs = await sampleInTurn(rounds, {
    'utopia run --cold -- true': () => utopia('run', '--yes', '--cold', '--', 'true'),
    'utopia run -- true, from a warm base': () => utopia('run', '--yes', '--', 'true'),
  });
  console.log(`\n## Throwaway runs (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of runs) console.log(sampleRow(sample));
  const [cold, warm] = runs.map(({ ms }) => median(ms));
  console.log(`\nutopia image warm, once: ${(warming / 1000).toFixed(1)} s`);
  console.log(
    `warm / cold: ${(Number(warm) / Number(cold)).toFixed(3)} (goal: at most ${runGoal.ratio}, and at most ${runGoal.ms} ms)`,
  );

  let bytes = 0;
  try {
    const around = await sampleInTurn(rounds, {
      'utopia up --detach --cold': () => utopia('up', '--detach', '--cold'),
      'utopia suspend': () => {
        const ms = utopia('suspend');
        bytes = statSync(join(lab.folder, 'private.qcow2.vmstate')).size;
        return ms;
      },
      'utopia up --detach, resumed': () => {
        const ms = utopia('up', '--detach');
        utopia('suspend');
        return ms;
      },
    });
    console.log(`\n## Suspend and resume (${rounds} rounds in turn, 1 GB)\n\n${sampleHead}`);
    for (const sample of around) console.log(sampleRow(sample));
    const [boot, , resumed] = around.map(({ ms }) => median(ms));
    console.log(`\nsaved state: ${Math.round(bytes / 1e6)} MB`);
    console.log(`resumed / booted: ${(Number(resumed) / Number(boot)).toFixed(3)}`);
  } finally {
    spawnSync(process.execPath, [program, 'down', '--force'], options);
  }
}
