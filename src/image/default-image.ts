import { basename, dirname, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { cacheRoot } from '../system/places.ts';
import { defaultSuites } from './debian/debian-suites.ts';
import { isReachable } from '../system/look.ts';

/** Where `utopia image build` puts the image that machines use when nothing else is named. */
export function defaultImagePath(env: Environment, suite: string = defaultSuites[0]): string {
  return join(cacheRoot(env), 'images', `debian-${suite}-lab.raw`);
}

/** Path of the default image, else of one that was the default before; undefined while none has been built. */
export async function defaultImage(env: Environment): Promise<string | undefined> {
  for (const suite of defaultSuites) {
    const path = defaultImagePath(env, suite);
    if (await isReachable(path)) return path;
  }
  return undefined;
}

/**
 * The store's image that an overlay was made over, from the path in its header: it goes on with
 * that one, whatever is the default by now. Undefined for any other path, which the overlay's
 * maker may have chosen, and for an image that is gone.
 */
export async function storeImageOf(
  backingPath: string,
  env: Environment,
): Promise<string | undefined> {
  const inStore =
    dirname(backingPath) === join(cacheRoot(env), 'images') &&
    /^[^.].*\.(?:raw|qcow2)$/.test(basename(backingPath));
  return inStore && (await isReachable(backingPath)) ? backingPath : undefined;
}
