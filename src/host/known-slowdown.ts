import type { Environment } from '../environment.ts';
import { programKey, recalled } from './verdict-cache.ts';
import { aNumber, maybe, object } from '../text/shape.ts';

/** Name of what is remembered, and its shape. */
export const slowdownCache = 'slowdown';

export const measuredShape = object({ slowdown: maybe(aNumber) });

/** What `measureSlowdown` found the last time with this QEMU; starts nothing. */
export async function knownSlowdown(binary: string, env: Environment): Promise<number | undefined> {
  const found = await recalled(env, slowdownCache, await programKey(binary), measuredShape);
  return found?.slowdown;
}
