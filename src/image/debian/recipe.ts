import { createHash } from 'node:crypto';
import { UtopiaError } from '../../errors.ts';
import type { ImageProfile } from './profile.ts';
import { rootSpec, type RootSpec } from './root-spec.ts';
import { defaultSuites } from './debian-suites.ts';

/** What people and tests choose about an image; everything else is the recipe's own. */
export interface ImageRecipe {
  /** Debian release by its code name, `bookworm`. */
  readonly suite: string;
  readonly profile: ImageProfile;
  /** Size of the disk that the guest sees; the file is sparse. */
  readonly sizeBytes: number;
  /** Debian packages besides the profile's own, sorted; absent when there are none. */
  readonly include?: readonly string[];
}

export const imageProfiles: readonly ImageProfile[] = ['minimal', 'lab', 'desktop'];

/** The image that `utopia up` uses and offers to build when the config names none. */
export const defaultRecipe: ImageRecipe = {
  suite: defaultSuites[0],
  profile: 'lab',
  sizeBytes: 8 * 1024 ** 3,
};

/**
 * `debian-bookworm-lab`, or `debian-bookworm-lab-with-nasm-valgrind`: an image's name
 * in the store, without its ending.
 */
export function imageName(recipe: Omit<ImageRecipe, 'sizeBytes'>): string {
  const { suite, profile, include = [] } = recipe;
  return [`debian-${suite}-${profile}`, ...(include.length > 0 ? ['with'] : []), ...include].join(
    '-',
  );
}

/**
 * The image's file in the store, as `debian-trixie-lab.raw`. Throws `usage`: many packages make one that nobody can type or a file cannot have.
 */
export function storeFileName(recipe: ImageRecipe): string {
  const name = imageName(recipe);
  if (name.length <= longestName) return `${name}.raw`;
  throw new UtopiaError('usage', `With so many packages the image needs a name of yours.`, {
    hint: 'Add -o FILE, for example -o ~/.cache/utopia/images/mine.raw',
  });
}

const longestName = 120;

/**
 * A key for everything that this version of utopia puts into an image: packages,
 * files, scripts, layout. Twelve hexadecimal digits. Debian's own point releases
 * are not in it: two builds of one recipe may differ in package versions.
 */
export function imageRecipeHash(
  recipe: ImageRecipe,
  root: RootSpec = rootSpec(recipe.profile, recipe.include),
): string {
  return createHash('sha256')
    .update(JSON.stringify([layoutVersion, recipe, root]))
    .digest('hex')
    .slice(0, 12);
}

/** Raised when the disk's layout (label, file system, boot loader's place) changes. */
const layoutVersion = 1;

/** `8G`, `6000M` as bytes: at least 2 GiB, which the lab profile fills, at most 1 TiB. Throws `usage`. */
export function readDiskSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(M|G|T)i?B?$/i.exec(text.trim());
  const unit = { M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }[match?.[2]?.toUpperCase() ?? ''] ?? 0;
  const mebibytes = Math.floor((Number(match?.[1]) * unit) / 1024 ** 2);
  if (match === null || mebibytes < 2048 || mebibytes > 1024 ** 2) {
    throw new UtopiaError('usage', `--size ${text}: a disk has from 2G to 1T.`, {
      hint: 'utopia image build --size 8G',
    });
  }
  return mebibytes * 1024 ** 2;
}
