import type { Environment } from '../environment.ts';
import { programKey, recalled } from './verdict-cache.ts';

/** Name of what is remembered, and its shape. */
export const slowdownCache = 'slowdown';

export interface Measured {
  readonly slowdown?: number;
}

/** What `measureSlowdown` found the last time with this QEMU; starts nothing. */
export async function knownSlowdown(binary: string, env: Environment): Promise<number | undefined> {
  const found = await recalled<Measured>(env, slowdownCache, await programKey(binary));
  return found?.slowdown;
}
