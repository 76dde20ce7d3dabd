import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort, measureBoot, type BootMeasurement } from '../test/support/boot.ts';
import { minimalImage, plainImage } from '../test/support/images.ts';
import { utopiaArguments, utopiaShArguments } from './boot-arguments.ts';

/** Boots of both images, taken in turns, since the load of a shared machine changes. */
export interface BootComparison {
  readonly ours: readonly BootMeasurement[];
  readonly plain: readonly BootMeasurement[];
}

/** Cold boots of fresh overlays to the SSH banner: ours as `up` starts it, the plain one as utopia.sh did. */
export async function compareBoots(rounds: number): Promise<BootComparison> {
  const images = { ours: await minimalImage(), plain: await plainImage() };
  const folder = mkdtempSync(join(tmpdir(), 'utopia-bench-'));
  const result: { ours: BootMeasurement[]; plain: BootMeasurement[] } = { ours: [], plain: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const which of ['plain', 'ours'] as const) {
        const overlay = join(folder, `${which}-${round}.qcow2`);
        const args = ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', images[which], overlay];
        execFileSync('qemu-img', args);
        const port = await freePort();
        const argv =
          which === 'ours'
            ? utopiaArguments(overlay, port, join(folder, 'console.log'))
            : utopiaShArguments(overlay, port);
        result[which].push(await measureBoot(argv, port));
        rmSync(overlay);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

/** The middle value; the mean of the two middle ones for an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ours, plain } = await compareBoots(Number(process.argv[2] ?? 3));
  for (const key of ['bannerMs', 'cpuMs'] as const) {
    const mine = median(ours.map((each) => each[key]));
    const other = median(plain.map((each) => each[key]));
    const list = (all: readonly BootMeasurement[]): string =>
      all.map((each) => (each[key] / 1000).toFixed(1)).join(' ');
    console.log(`${key}: ours ${list(ours)} · plain ${list(plain)} · ${(mine / other).toFixed(2)}`);
  }
}
