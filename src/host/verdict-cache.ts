import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { cacheRoot } from '../system/places.ts';
import { utopiaVersion } from '../version.ts';
import { readKnown } from '../system/json-file.ts';
import { anything, aText, object, type Shape } from '../text/shape.ts';
import { makeFolder } from '../system/make-folder.ts';

/** Raised when a verdict's shape or a probe changes within a version. */
const format = 3;

/**
 * Remembers what a probe found, under a key of everything that it depends on.
 * A cache that is missing, damaged or cannot be written is only slow, never an error.
 * `lasting` tells which verdicts are worth keeping: not what the next minute may change.
 */
export async function remembered<Verdict>(
  env: Environment,
  name: string,
  key: readonly (string | number)[],
  shape: Shape<Verdict>,
  probe: () => Promise<Verdict>,
  lasting: (verdict: Verdict) => boolean = () => true,
): Promise<Verdict> {
  const known = await recalled(env, name, key, shape);
  if (known !== undefined) return known;
  const verdict = await probe();
  if (!lasting(verdict)) return verdict;
  try {
    const { writeFileAtomically } = await import('../system/atomic-file.ts');
    await makeFolder(cacheRoot(env));
    await writeFileAtomically(fileOf(env, name), JSON.stringify({ key: wordOf(key), verdict }));
  } catch {
    // A full or read-only cache: the next call probes again.
  }
  return verdict;
}

/** What was remembered under this very key, if anything. */
export async function recalled<Verdict>(
  env: Environment,
  name: string,
  key: readonly (string | number)[],
  shape: Shape<Verdict>,
): Promise<Verdict | undefined> {
  const found = await readKnown(fileOf(env, name), object({ key: aText, verdict: anything }));
  if (found?.key !== wordOf(key) || shape(found.verdict) !== undefined) return undefined;
  return found.verdict as Verdict;
}

function fileOf(env: Environment, name: string): string {
  return join(cacheRoot(env), `${name}.json`);
}

function wordOf(key: readonly (string | number)[]): string {
  return JSON.stringify([utopiaVersion, format, ...key]);
}

/** What tells one build of a program from another: path, size, time of change. */
export async function programKey(path: string): Promise<(string | number)[]> {
  const { size, mtimeMs } = await stat(path);
  return [path, size, mtimeMs];
}
