import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildImage } from '../../src/image/debian/build.ts';
import { imageRecipeHash } from '../../src/image/debian/recipe.ts';
import type { ImageProfile } from '../../src/image/debian/profile.ts';
import { rootSpec, type RootSpec } from '../../src/image/debian/root-spec.ts';

/** Where images built for tests are kept; nothing of a user's is in it. */
export const testCache =
  process.env['UTOPIA_TEST_CACHE'] ?? join(homedir(), '.cache/utopia-test/images');

/**
 * An image that `utopia image build` would make, built when it is not there yet.
 * The name holds the recipe's hash: a changed recipe is another image. Two tests
 * that build the same one at once do so twice, and both are whole.
 */
export async function testImage(profile: ImageProfile = 'minimal'): Promise<string> {
  return await cachedImage(profile, profile, rootSpec(profile));
}

/** Our image of a suite, for tests that are about suites; see testImage. */
export async function suiteImage(suite: string, profile: ImageProfile): Promise<string> {
  return await cachedImage(`${suite}-${profile}`, profile, rootSpec(profile), suite);
}

/**
 * A Debian in which real KVM works when it runs with `-accel tcg -cpu max`: QEMU, and
 * the programs that doctor is compared with, kvm-ok and virt-host-validate.
 */
export async function kvmHostImage(): Promise<string> {
  const include = ['cpu-checker', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils'];
  return await cachedImage('kvm-host', 'minimal', rootSpec('minimal', include));
}

/** An image with this root file system from the cache, built when it is not there yet (1 to 3 minutes). */
export async function cachedImage(
  name: string,
  profile: ImageProfile,
  root: RootSpec,
  suite = 'bookworm',
): Promise<string> {
  const recipe = { suite, profile, sizeBytes: 8 * 1024 ** 3 };
  const path = join(testCache, `${name}-${imageRecipeHash(recipe, root)}.raw`);
  if (existsSync(path)) return path;
  mkdirSync(testCache, { recursive: true });
  await buildImage(
    { recipe, root, output: path, mode: 0o444, replace: true },
    {
      env: process.env,
      uid: process.getuid?.() ?? 0,
      signal: AbortSignal.timeout(900_000),
      report: () => {},
      now: () => new Date(),
    },
  );
  return path;
}
