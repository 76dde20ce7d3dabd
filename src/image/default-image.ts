import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../context.ts';
import { cacheRoot } from '../places.ts';

/** Where `utopia image build` puts the image that machines use when nothing else is named. */
export function defaultImagePath(env: Environment): string {
  return join(cacheRoot(env), 'images', 'debian-bookworm-lab.raw');
}

/** Path of the default image; undefined while it has not been built. */
export async function defaultImage(env: Environment): Promise<string | undefined> {
  const path = defaultImagePath(env);
  return await access(path).then(
    () => path,
    () => undefined,
  );
}
