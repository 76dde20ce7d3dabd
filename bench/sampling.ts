import { spawnSync } from 'node:child_process';

/** Samples of one thing, in ms. */
export interface Samples {
  readonly name: string;
  readonly ms: readonly number[];
}

/**
 * Measures several things in turn, A B C A B C …, so that a machine whose speed
 * drifts is as unfair to one as to the other. One round before is not counted, and neither is a
 * measurement that gives undefined.
 */
export async function sampleInTurn(
  rounds: number,
  things: Readonly<Record<string, () => Promise<number | undefined> | number>>,
): Promise<Samples[]> {
  const samples = Object.keys(things).map((name) => ({ name, ms: [] as number[] }));
  for (let round = -1; round < rounds; round += 1) {
    for (const sample of samples) {
      const ms = await things[sample.name]?.();
      if (round >= 0 && ms !== undefined) sample.ms.push(ms);
    }
  }
  return samples;
}

/** The middle value; the mean of the two middle ones for an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Wall time of a whole process, in ms. Throws when it fails: a failure is no figure. */
export function timeProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - startedAt;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr.toString()}`);
  return ms;
}

/** A row of Markdown: name, median, least and most. */
export function sampleRow({ name, ms }: Samples): string {
  const figures = [median(ms), Math.min(...ms), Math.max(...ms)];
  return `| ${name} | ${figures.map((each) => each.toFixed(0)).join(' | ')} |`;
}

export const sampleHead = '| | median ms | least | most |\n| --- | ---: | ---: | ---: |';
