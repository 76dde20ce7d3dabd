import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { kernelSource } from '../test/support/kernel-source.ts';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Goals: ratios to the same without a kernel of one's own, and of an edit's round to `make` by hand. */
const goals = { boot: 0.55, run: 1.1, edit: 60_000, byHand: 1.05 };

/**
 * A kernel of the tiny base from Debian's source: its direct boot beside the image's own, a warm
 * run beside a warm run, and from a changed file to SSH beside make and QEMU's arguments by hand.
 */
export async function benchKernels(lab: BenchLab, rounds: number): Promise<void> {
  const { folder, utopia, pullPlug } = lab;
  const source = kernelSource('bookworm');
  execFileSync('tar', ['-xf', source, '-C', folder]);
  const tree = join(folder, 'linux-source-6.1');
  const out = join(folder, 'out');
  utopia('kernel', 'config', tree, '--base', 'tiny', '-o', out);
  const building = utopia('kernel', 'build', tree, '-o', out, '--name', 'tiny');
  const up = (...words: readonly string[]): number => {
    const ms = utopia('up', '--detach', '--cold', '--quiet', '--accel', 'tcg', ...words);
    pullPlug();
    return ms;
  };
  utopia('image', 'warm', '--accel', 'tcg');
  utopia('image', 'warm', '--accel', 'tcg', '--kernel', 'tiny');
  const run = ['run', '--yes', '--accel', 'tcg'];
  const edit = (): void => appendFileSync(join(tree, 'kernel/panic.c'), '\n/* changed */\n');
  const samples = await sampleInTurn(rounds, {
    'utopia up, the kernel of the disk': () => up(),
    'utopia up --kernel tiny': () => up('--kernel', 'tiny'),
    'utopia run -- true, warm': () => utopia(...run, '--', 'true'),
    'utopia run --kernel tiny -- true, warm': () =>
      utopia(...run, '--kernel', 'tiny', '--', 'true'),
    'changed file, utopia kernel build, up --kernel': () => {
      edit();
      const built = utopia('kernel', 'build', tree, '-o', out, '--name', 'tiny', '--quiet');
      return built + up('--kernel', 'tiny');
    },
    'changed file, make, up -- -kernel': () => {
      edit();
      const began = performance.now();
      make(tree, out);
      const image = join(out, 'arch/x86/boot/bzImage');
      const words =
        'root=/dev/vda1 rw console=tty0 console=ttyS0,115200 quiet nokaslr mitigations=off';
      const made = performance.now() - began;
      return made + up('--', '-kernel', image, '-append', words);
    },
  });
  console.log(`\n## A kernel of one's own (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [disk, direct, warm, warmKernel, ours, byHand] = samples.map(({ ms }) => median(ms));
  console.log(
    `\nthe build, once: ${(building / 1000).toFixed(0)} s
direct boot / boot of the disk: ${ratio(direct, disk)} (goal: at most ${goals.boot})
warm run --kernel / warm run: ${ratio(warmKernel, warm)} (goal: at most ${goals.run})
changed file to SSH: ${((ours ?? 0) / 1000).toFixed(1)} s (goal: at most ${goals.edit / 1000} s), over make by hand: ${ratio(ours, byHand)} (goal: at most ${goals.byHand})`,
  );
}

function ratio(one = Number.NaN, other = Number.NaN): string {
  return (one / other).toFixed(2);
}

function make(tree: string, out: string): void {
  const { status, stderr } = spawnSync(
    'make',
    ['-C', tree, `O=${out}`, `-j${availableParallelism()}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  if (status !== 0) throw new Error(`make failed: ${stderr.toString()}`);
}
