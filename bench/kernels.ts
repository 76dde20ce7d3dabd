import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { kernelSource } from '../test/support/kernel-source.ts';
import { tinyBuild } from '../test/support/tiny-kernel.ts';
import { program, type BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Goals: ratios to the same without a kernel of one's own, and of an edit's round to `make` by hand. */
const goals = { boot: 0.55, run: 1.1, edit: 60_000, byHand: 1.05 };

/** Emulation, whatever the host has: what the goals were set for. */
const emulated = ['--accel', 'tcg'];

/**
 * A kernel of the tiny base from Debian's source: its direct boot beside the boot of the disk's own,
 * and a warm run beside a warm run.
 */
export async function benchKernels(lab: BenchLab, rounds: number): Promise<void> {
  const { utopia } = lab;
  await tinyBuild({ env: lab.env, run: async (...words) => runProgram(lab, words) }, 'tiny');
  utopia('image', 'warm', ...emulated);
  utopia('image', 'warm', ...emulated, '--kernel', 'tiny');
  const run = ['run', '--yes', ...emulated];
  const samples = await sampleInTurn(rounds, {
    'utopia up, the kernel of the disk': () => coldBoot(lab),
    'utopia up --kernel tiny': () => coldBoot(lab, '--kernel', 'tiny'),
    'utopia run -- true, warm': () => utopia(...run, '--', 'true'),
    'utopia run --kernel tiny -- true, warm': () =>
      utopia(...run, '--kernel', 'tiny', '--', 'true'),
  });
  console.log(`\n## A kernel of one's own (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [disk, direct, warm, warmKernel] = samples.map(({ ms }) => median(ms));
  console.log(
    `\ndirect boot / boot of the disk: ${ratio(direct, disk)} (goal: at most ${goals.boot})
warm run --kernel / warm run: ${ratio(warmKernel, warm)} (goal: at most ${goals.run})`,
  );
}

/** From a changed file of a kernel that has been built to SSH, beside make and QEMU's arguments by hand. */
export async function benchRebuild(lab: BenchLab, rounds: number): Promise<void> {
  const { folder, utopia } = lab;
  execFileSync('tar', ['-xf', kernelSource('bookworm'), '-C', folder]);
  const tree = join(folder, 'linux-source-6.1');
  const out = join(folder, 'out');
  utopia('kernel', 'config', tree, '--base', 'tiny', '-o', out);
  const build = ['kernel', 'build', tree, '-o', out, '--name', 'tiny', '--quiet'];
  const first = utopia(...build);
  const edit = (): void => appendFileSync(join(tree, 'kernel/panic.c'), '\n/* changed */\n');
  const samples = await sampleInTurn(rounds, {
    'changed file, utopia kernel build, up --kernel': () => {
      edit();
      return utopia(...build) + coldBoot(lab, '--kernel', 'tiny');
    },
    'changed file, make, up -- -kernel': () => {
      edit();
      const began = performance.now();
      make(tree, out);
      const made = performance.now() - began;
      const image = join(out, 'arch/x86/boot/bzImage');
      const words = 'root=/dev/vda1 rw console=ttyS0,115200 quiet nokaslr mitigations=off';
      return made + coldBoot(lab, '--', '-kernel', image, '-append', words);
    },
  });
  console.log(`\n## A changed kernel (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  const [ours, byHand] = samples.map(({ ms }) => median(ms));
  console.log(
    `\nthe first build: ${(first / 1000).toFixed(0)} s
changed file to SSH: ${((ours ?? 0) / 1000).toFixed(1)} s (goal: at most ${goals.edit / 1000} s), over make by hand: ${ratio(ours, byHand)} (goal: at most ${goals.byHand})`,
  );
}

/** To SSH, as a whole process; the machine's end is not counted. */
function coldBoot({ utopia, pullPlug }: BenchLab, ...words: readonly string[]): number {
  const ms = utopia('up', '--detach', '--cold', '--quiet', '--yes', ...emulated, ...words);
  pullPlug();
  return ms;
}

function ratio(one = Number.NaN, other = Number.NaN): string {
  return (one / other).toFixed(2);
}

function runProgram(
  { folder, env }: BenchLab,
  words: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...words], { cwd: folder, env, encoding: 'utf8' });
}

function make(tree: string, out: string): void {
  const { status, stderr } = spawnSync(
    'make',
    ['-C', tree, `O=${out}`, `-j${availableParallelism()}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status !== 0) throw new Error(`make failed: ${stderr.toString()}`);
}
