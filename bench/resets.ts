import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Contents of the private files, in MiB. */
const sizes = [10, 10 * 1024];

/** `reset` and `undo` of a private file with little and with much in it. */
export async function benchResets({ utopia, folder }: BenchLab, rounds: number): Promise<void> {
  const things: Record<string, () => number> = {};
  for (const megabytes of sizes) {
    const own = join(folder, `with-${megabytes}`);
    mkdirSync(own);
    copyFileSync(join(folder, 'utopia.config'), join(own, 'utopia.config'));
    utopia('-C', own, 'up', '--detach', '--no-wait', '--quiet');
    utopia('-C', own, 'down', '--force');
    const file = join(own, 'private.qcow2');
    execFileSync('qemu-img', ['resize', '-q', file, '20G']);
    // 1 GiB at a time: a request is at most 2 GiB. Behind the image's own end.
    for (let done = 0; done < megabytes; done += 1024) {
      const length = Math.min(1024, megabytes - done);
      const write = `write -q -P 7 ${8192 + done}M ${length}M`;
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', write, file], { stdio: 'ignore' });
    }
    const size = megabytes < 1024 ? `${megabytes} MB` : `${megabytes / 1024} GB`;
    things[`utopia reset, ${size}`] = () => utopia('-C', own, 'reset', '--yes');
    things[`utopia undo, ${size}`] = () => utopia('-C', own, 'undo');
  }
  const samples = await sampleInTurn(rounds, things);
  console.log(`\n## Reset and undo (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [reset, undo, resetLarge, undoLarge] = samples.map(({ ms }) => median(ms));
  console.log(
    `\nreset, 10 GB / 10 MB: ${(Number(resetLarge) / Number(reset)).toFixed(2)} (goal: 1)`,
  );
  console.log(`undo, 10 GB / 10 MB: ${(Number(undoLarge) / Number(undo)).toFixed(2)} (goal: 1)`);
}
