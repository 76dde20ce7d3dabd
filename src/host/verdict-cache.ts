import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../context.ts';
import { cacheRoot } from '../places.ts';
import { utopiaVersion } from '../version.ts';

/** Raised when a verdict's shape or a probe changes within a version. */
const format = 2;

/**
 * Remembers what a probe found, under a key of everything that it depends on.
 * A cache that is missing, damaged or cannot be written is only slow, never an error.
 * `lasting` tells which verdicts are worth keeping: not what the next minute may change.
 */
export async function remembered<Verdict>(
  env: Environment,
  name: string,
  key: readonly (string | number)[],
  probe: () => Promise<Verdict>,
  lasting: (verdict: Verdict) => boolean = () => true,
): Promise<Verdict> {
  const file = join(cacheRoot(env), `${name}.json`);
  const wanted = JSON.stringify([utopiaVersion, format, ...key]);
  try {
    const { key: found, verdict } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly key: string;
      readonly verdict: Verdict;
    };
    if (found === wanted) return verdict;
  } catch {
    // Probed anew.
  }
  const verdict = await probe();
  if (!lasting(verdict)) return verdict;
  try {
    const { writeFileAtomically } = await import('../atomic-file.ts');
    await mkdir(cacheRoot(env), { recursive: true });
    await writeFileAtomically(file, JSON.stringify({ key: wanted, verdict }));
  } catch {
    // A full or read-only cache: the next call probes again.
  }
  return verdict;
}

/** What tells one build of a program from another: path, size, time of change. */
export async function programKey(path: string): Promise<(string | number)[]> {
  const { size, mtimeMs } = await stat(path);
  return [path, size, mtimeMs];
}
