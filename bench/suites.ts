import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measureBoot } from '../test/support/boot.ts';
import { suiteImage } from '../test/support/image.ts';
import { utopiaArguments, utopiaShArguments } from './boot-arguments.ts';
import type { BenchLab } from './lab.ts';
import { plainImage } from './plain-image.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** Releases whose images are compared; the later one is to become the default. */
const suites = ['bookworm', 'trixie'] as const;

/**
 * Cold boots to the SSH banner of each suite, each on a fresh overlay, side by side: our lab image
 * with the arguments of `utopia up`, and a plain image with utopia.sh's own.
 */
export async function benchSuites({ folder, port }: BenchLab, rounds: number): Promise<void> {
  const things: Record<string, () => Promise<number | undefined>> = {};
  for (const suite of suites) {
    const [ours, plain] = [await suiteImage(suite, 'lab'), await plainImage(suite)];
    const consoleLog = join(folder, 'suite-console.log');
    things[`${suite}, lab image, as up starts it`] = () =>
      bootOver(folder, ours, port, (overlay) => utopiaArguments(overlay, port, consoleLog));
    things[`${suite}, plain image, utopia.sh`] = () =>
      bootOver(folder, plain, port, (overlay) => utopiaShArguments(overlay, port));
  }
  const samples = await sampleInTurn(rounds, things);
  console.log(
    `\n## Cold boot of each release to the SSH banner (${rounds} rounds in turn)\n\n${sampleHead}`,
  );
  for (const sample of samples) console.log(sampleRow(sample));
  for (const { name, ms } of samples) {
    if (ms.length < rounds)
      console.log(`\n${name}: ${rounds - ms.length} of ${rounds} did not boot`);
  }
  for (const [index, suite] of suites.entries()) {
    const [ours, plain] = [samples[2 * index], samples[2 * index + 1]];
    const ratio = median(ours?.ms ?? []) / median(plain?.ms ?? []);
    console.log(`\n${suite}, up / utopia.sh: ${ratio.toFixed(2)} (goal for trixie: at most 0.31)`);
  }
}

/** Time to the banner; undefined for a boot that never came to it, which is told with the console's last line. */
async function bootOver(
  folder: string,
  image: string,
  port: number,
  argv: (overlay: string) => readonly string[],
): Promise<number | undefined> {
  const overlay = join(folder, 'suite.qcow2');
  rmSync(overlay, { force: true });
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, overlay]);
  try {
    return (await measureBoot(argv(overlay), port)).bannerMs;
  } catch (error) {
    const log = join(folder, 'suite-console.log');
    const last = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').at(-1) : undefined;
    console.log(`${String(error)} ${last ?? ''}`);
    return undefined;
  }
}
