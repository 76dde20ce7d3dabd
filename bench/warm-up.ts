import { waitForBannerOn } from '../test/support/boot.ts';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** A warm start to the SSH banner, over a boot. */
const goal = 1 / 20;

/**
 * The first `up` after a reset: from the command until it has returned, which it does when SSH
 * answers, and the SSH banner was heard from outside, too.
 */
export async function benchWarmUp(lab: BenchLab, rounds: number): Promise<void> {
  const { utopia, port, pullPlug } = lab;
  utopia('image', 'warm', '--accel', 'tcg');
  const start = async (...flags: readonly string[]): Promise<number> => {
    utopia('reset', '--yes', '--purge');
    const startedAt = performance.now();
    utopia('up', '--detach', '--quiet', '--accel', 'tcg', ...flags);
    await waitForBannerOn(port, startedAt + 300_000);
    const ms = performance.now() - startedAt;
    pullPlug();
    return ms;
  };
  const samples = await sampleInTurn(rounds, {
    'utopia up --cold': async () => await start('--cold'),
    'utopia up, from the warm base': async () => await start(),
  });
  console.log(
    `\n## First up after a reset, to the SSH banner (${rounds} rounds in turn)\n\n${sampleHead}`,
  );
  for (const sample of samples) console.log(sampleRow(sample));
  const [cold, warm] = samples.map(({ ms }) => median(ms));
  console.log(`\nwarm / cold: ${(Number(warm) / Number(cold)).toFixed(3)} (goal: at most ${goal})`);
}
