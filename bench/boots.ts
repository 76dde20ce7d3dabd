import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { measureBoot, waitForBannerOn } from '../test/support/boot.ts';
import { utopiaShArguments } from './boot-arguments.ts';
import { plainImage } from './plain-image.ts';

import { program, type BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow, timeProcess } from './sampling.ts';
import { plannedArgv, prepareByHand } from './starts.ts';

/**
 * Cold boots to the SSH banner, each on a fresh overlay: through `up` from the
 * command on, the same QEMU command by hand, and utopia.sh's own arguments with
 * a plain Debian image.
 */
export async function benchBoots(lab: BenchLab, rounds: number): Promise<void> {
  const plain = await plainImage();
  const argv = plannedArgv(lab);
  const samples = await sampleInTurn(rounds, {
    'utopia up': () => bootThroughUp(lab),
    'the same QEMU command by hand': () => bootByHand(lab, argv),
    'utopia.sh, plain image': () => bootLikeTheScript(lab, plain),
  });
  const [up = Number.NaN, byHand = Number.NaN, script = Number.NaN] = samples.map(({ ms }) =>
    median(ms),
  );
  console.log(`\n## Cold boot to the SSH banner (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  console.log(`\nutopia up / by hand: ${(up / byHand).toFixed(3)} (goal: at most 1.03)`);
  console.log(`utopia up / utopia.sh: ${(up / script).toFixed(2)} (goal: at most 0.65)`);
}

/** The banner is listened for from outside in all three, so that all are measured alike. */
async function bootThroughUp(lab: BenchLab): Promise<number> {
  const { folder: cwd, env } = lab;
  for (const file of ['private.qcow2', 'private.qcow2.utopia.json']) {
    rmSync(join(cwd, file), { force: true });
  }
  const startedAt = performance.now();
  timeProcess(process.execPath, [program, 'up', '--detach', '--no-wait', '--quiet'], { cwd, env });
  try {
    await waitForBannerOn(lab.port, startedAt + 300_000);
    return performance.now() - startedAt;
  } finally {
    spawnSync(process.execPath, [program, 'down', '--force'], { cwd, env });
  }
}

async function bootByHand(lab: BenchLab, argv: readonly string[]): Promise<number> {
  prepareByHand(lab, argv);
  return (await measureBoot(argv, lab.port)).bannerMs;
}

/** The 2024 script's list, with software emulation where it says -enable-kvm. */
async function bootLikeTheScript(lab: BenchLab, plain: string): Promise<number> {
  const overlay = join(lab.folder, 'plain.qcow2');
  rmSync(overlay, { force: true });
  spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', plain, overlay]);
  const argv = utopiaShArguments(overlay, lab.port);
  return (await measureBoot(argv, lab.port)).bannerMs;
}
