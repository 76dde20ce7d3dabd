import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Suspend and resume against a boot, whole processes, to a machine that answers. */
export async function benchSuspend({ utopia, folder }: BenchLab, rounds: number): Promise<void> {
  let bytes = 0;
  const samples = await sampleInTurn(rounds, {
    'utopia up --detach --cold': () => {
      const ms = utopia('up', '--detach', '--cold', '--accel', 'tcg');
      // Used once, as one that is suspended was: with our key in it.
      utopia('ssh', '--', 'true');
      return ms;
    },
    'utopia suspend': () => {
      const ms = utopia('suspend');
      bytes = statSync(join(folder, 'private.qcow2.vmstate')).size;
      return ms;
    },
    'utopia up --detach, resumed': () => {
      const ms = utopia('up', '--detach', '--accel', 'tcg');
      utopia('suspend');
      return ms;
    },
  });
  console.log(`\n## Suspend and resume (${rounds} rounds in turn, 1 GB)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [boot, , resumed] = samples.map(({ ms }) => median(ms));
  console.log(`\nsaved state: ${Math.round(bytes / 1e6)} MB`);
  console.log(`resumed / booted: ${(Number(resumed) / Number(boot)).toFixed(3)}`);
}
