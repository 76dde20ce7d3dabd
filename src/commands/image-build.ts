import { join, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { readOsRelease } from '../host/find-qemu.ts';
import { describeInstall, installCommand } from '../host/packages.ts';
import { buildImage } from '../image/debian/build.ts';
import { readIncludedPackages } from '../image/debian/included-packages.ts';
import { imageName, imageRecipeHash, type ImageRecipe } from '../image/debian/recipe.ts';
import type { ImageProfile } from '../image/debian/profile.ts';
import type { Verification } from '../image/debian/place.ts';
import { debianSuites, guessSuite, offeredSuites } from '../image/debian/suites.ts';
import type { DescribeInstall } from '../image/debian/tools.ts';
import { imageFolder, imageMode } from '../image/store.ts';
import { formatBytes } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import { stat } from 'node:fs/promises';
import { shownText } from '../image/fetch/shown-url.ts';

export interface ImageBuildOptions {
  readonly suite: string;
  readonly profile: ImageProfile;
  /** As typed: `8G`. */
  readonly size: string;
  /** Debian packages besides the profile's own, as typed. */
  readonly include: readonly string[];
  readonly output?: string | undefined;
  readonly mirror?: string | undefined;
  readonly yes: boolean;
  /** Boot it once, and see whether it does all that an image is to do. */
  readonly verify: boolean;
  /** Make a warm base of it, where this folder's machine stands on it. */
  readonly warm: boolean;
}

/** `utopia image build`: a Debian image, in the store unless -o names another place. */
export async function runImageBuild(
  context: Context,
  globals: GlobalOptions,
  options: ImageBuildOptions,
): Promise<void> {
  const { terminal } = context;
  const include = readIncludedPackages(options.include);
  const recipe = {
    suite: readSuite(options.suite),
    profile: options.profile,
    sizeBytes: readDiskSize(options.size),
    ...(include.length > 0 ? { include } : {}),
  };
  const output =
    options.output === undefined
      ? join(imageFolder(context.env), `${storeName(recipe)}.raw`)
      : resolve(context.cwd, options.output);
  const progress = await openProgress(terminal, { quiet: globals.quiet });
  try {
    const { path } = await buildImage(
      {
        ...{ recipe, output, mode: imageMode(options.output) },
        ...{ mirror: readMirror(options.mirror), replace: options.yes },
        verify: options.verify ? await verifier(context, globals, recipe, progress) : undefined,
      },
      {
        env: context.env,
        uid: process.getuid?.() ?? 0,
        signal: context.signal,
        report: progress.report,
        now: context.now,
        describeInstall: await installHint(),
      },
    );
    const { blocks } = await stat(path);
    const allocatedBytes = blocks * 512;
    if (globals.json) {
      const result = {
        schema: 1,
        path,
        ...recipe,
        recipe: imageRecipeHash(recipe),
        allocatedBytes,
      };
      terminal.json(result);
    } else {
      terminal.outWhole(path);
      if (!globals.quiet) {
        terminal.err(
          `  ${formatBytes(allocatedBytes)} on disk, read-only; machines write to overlays.`,
        );
      }
    }
    if (options.warm) await warmBuilt(context, globals, path, progress);
  } finally {
    progress.close();
  }
}

/** Loaded before the work begins: what a long build needs is there then, or is told at once. */
async function verifier(
  context: Context,
  globals: GlobalOptions,
  { profile }: ImageRecipe,
  progress: ProgressDisplay,
): Promise<(path: string) => Promise<Verification>> {
  const { verifyImage } = await import('../lifecycle/throwaway/verify-image.ts');
  return (path) => verifyImage(context, globals, { path, profile }, progress);
}

/**
 * Boots the new image once, so that the first machine on it starts in a second. The
 * image is whole whatever becomes of that: what goes wrong is only said.
 */
async function warmBuilt(
  context: Context,
  globals: GlobalOptions,
  path: string,
  progress: ProgressDisplay,
): Promise<void> {
  const [{ locateMachine }, { warmImage }, { requireBackingFile }] = await Promise.all([
    import('../lifecycle/launch/locate.ts'),
    import('../lifecycle/throwaway/warm-image.ts'),
    import('../lifecycle/launch/prepare.ts'),
  ]);
  const title = 'warm base';
  try {
    const located = await locateMachine(context, globals);
    if (located.config.warmBase === 'never') return;
    // Another folder's machine has another size, perhaps another QEMU; this one may have no image.
    const backing = await requireBackingFile(context, located).catch(forgiveMissingImage);
    if (backing?.path !== path) return;
    progress.report({ kind: 'started', title });
    const { base, madeInMs } = await warmImage(context, { ...globals, quiet: true }, located, {
      again: false,
    });
    progress.report({
      kind: 'finished',
      title,
      detail: `${formatBytes(base.bytes)}; utopia image cool removes it`,
      ...(madeInMs === undefined ? {} : { elapsedMs: madeInMs }),
    });
  } catch (error) {
    if (context.signal.aborted) {
      progress.report({ kind: 'warned', title, detail: 'not made; the image is finished' });
      throw error;
    }
    if (!(error instanceof UtopiaError)) throw error;
    progress.report({ kind: 'warned', title, detail: `not made: ${error.message}` });
  }
}

function forgiveMissingImage(error: unknown): undefined {
  if (!(error instanceof UtopiaError) || error.code !== 'image-missing') throw error;
}

/** The image's name in the store; many packages make one that nobody can type or a file cannot have. */
function storeName(recipe: ImageRecipe): string {
  const name = imageName(recipe);
  if (name.length <= longestName) return name;
  throw new UtopiaError('usage', `With so many packages the image needs a name of yours.`, {
    hint: 'Add -o FILE, for example -o ~/.cache/utopia/images/mine.raw',
  });
}

const longestName = 120;

/** How this host's distribution installs what the builder lacks. */
async function installHint(): Promise<DescribeInstall> {
  const os = await readOsRelease();
  return (missing) => describeInstall(installCommand(os, missing));
}

/** The code name of a release that is offered; a word that means one, such as 13 or stable, is not taken for it unasked. */
export function readSuite(text: string): string {
  const meant = guessSuite(text);
  const suite = debianSuites.find(({ name }) => name === text);
  if (suite !== undefined && suite.refused === undefined) return suite.name;
  const offered = offeredSuites().map(({ name, known }) => `${name} (${known})`);
  const hint =
    meant !== undefined && meant.refused === undefined
      ? `utopia image build --suite ${meant.name}`
      : `There are: ${offered.join(', ')}.`;
  throw new UtopiaError(
    'usage',
    meant?.refused === undefined
      ? `--suite ${text}: not the code name of a Debian release that images are built of.`
      : `--suite ${text}: no image is built of ${meant.known}: ${meant.refused}.`,
    { hint },
  );
}

/** `8G`, `6000M` as bytes: at least 2 GiB, which the lab profile fills, at most 1 TiB. */
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

/** The mirror's URL as typed: it stays in the image's sources, so nothing secret may be in it. Pure. */
export function readMirror(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const hint = 'utopia image build --mirror http://deb.debian.org/debian';
  if (!/^https?:\/\/[^\s[\]\\]+$/.test(text) || !URL.canParse(text)) {
    throw new UtopiaError('usage', `--mirror ${shownText(text)}: not an http or https URL.`, {
      hint,
    });
  }
  if (!/[?#]|^https?:\/\/[^/]*@/.test(text)) return text;
  throw new UtopiaError(
    'usage',
    `--mirror ${shownText(text)}: a name, a password or a token in it would stay in the image, readable in each of its guests.`,
    { hint: `Name a mirror that asks for none: ${hint}` },
  );
}
