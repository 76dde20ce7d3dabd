import type { BenchLab } from './lab.ts';
import { sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Sizes of the guest's memory, in MiB. */
const memories = [1024, 4096];

/**
 * Snapshots of a running machine, half of whose memory holds random bytes: saving one
 * (until the machine runs on), and going back to it (until it answers).
 */
export async function benchSnapshots(lab: BenchLab, rounds: number): Promise<void> {
  console.log(`\n## Snapshots with memory (${rounds} rounds in turn)\n\n${sampleHead}`);
  const { utopia, pullPlug } = lab;
  for (const memoryMiB of memories) {
    const up = ['up', '--detach', '--accel', 'tcg', '--memory', `${memoryMiB}M`];
    utopia(...up, '--cold');
    const fill = `mount -o remount,size=90% /dev/shm; head -c ${memoryMiB / 2}M /dev/urandom > /dev/shm/fill`;
    utopia('ssh', '--', fill);
    const samples = await sampleInTurn(rounds, {
      [`save, ${memoryMiB / 1024} GB`]: () => utopia('snapshot', 'save', 'moment'),
      [`restore and up, ${memoryMiB / 1024} GB`]: () => {
        pullPlug();
        const ms = utopia('snapshot', 'restore', 'moment') + utopia(...up);
        utopia('snapshot', 'remove', '--yes', 'moment');
        return ms;
      },
    });
    for (const sample of samples) console.log(sampleRow(sample));
    pullPlug();
    utopia('reset', '--yes', '--purge');
  }
}
