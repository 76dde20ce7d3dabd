import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildImage } from '../../src/image/debian/build.ts';
import { imageRecipeHash, type ImageRecipe } from '../../src/image/debian/recipe.ts';
import { rootSpec, type RootSpec } from '../../src/image/debian/root-spec.ts';
import { plainRoot } from '../../bench/plain-image.ts';

const testRecipe: ImageRecipe = { suite: 'bookworm', profile: 'minimal', sizeBytes: 4 * 1024 ** 3 };

/** Folder of images for tests and benchmarks, by content: `$UTOPIA_TEST_CACHE`, else ~/.cache/utopia-test. */
export function testCacheFolder(): string {
  return process.env['UTOPIA_TEST_CACHE'] ?? join(homedir(), '.cache/utopia-test');
}

/** Path of the minimal image of this very recipe; built when it is not there yet (1–3 minutes). */
export async function minimalImage(): Promise<string> {
  return await cachedImage('minimal', rootSpec('minimal'));
}

/** Path of the plain Debian image that boots are compared with; built when it is not there yet. */
export async function plainImage(): Promise<string> {
  return await cachedImage('plain', plainRoot);
}

async function cachedImage(name: string, root: RootSpec): Promise<string> {
  const folder = testCacheFolder();
  await mkdir(folder, { recursive: true });
  const output = join(folder, `${name}-${imageRecipeHash(testRecipe, root)}.raw`);
  const exists = await stat(output).then(
    () => true,
    () => false,
  );
  if (exists) return output;
  await buildImage(
    { recipe: testRecipe, root, output, replace: true },
    {
      env: process.env,
      uid: process.getuid?.() ?? 0,
      signal: new AbortController().signal,
      report: (event) => {
        if (event.kind === 'finished') console.error(`${name}: ${event.title} done`);
      },
      now: () => new Date(),
    },
  );
  return output;
}
