import { join, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { readOsRelease } from '../host/find-qemu.ts';
import { describeInstall, installCommand } from '../host/install-packages.ts';
import { buildImage } from '../image/debian/build.ts';
import { readIncludedPackages } from '../image/debian/included-packages.ts';
import {
  imageRecipeHash,
  readDiskSize,
  storeFileName,
  type ImageRecipe,
} from '../image/debian/recipe.ts';
import type { ImageProfile } from '../image/debian/profile.ts';
import type { Verification } from '../image/debian/place.ts';
import { readMirror } from '../image/debian/package-sources.ts';
import { readSuite } from '../image/debian/debian-suites.ts';
import type { DescribeInstall } from '../image/debian/build-tools.ts';
import { imageFolder, imageMode } from '../image/store.ts';
import { formatBytes } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import { stat } from 'node:fs/promises';

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
      ? join(imageFolder(context.env), storeFileName(recipe))
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
    if (options.warm) {
      const { warmNewImage } = await import('../lifecycle/throwaway/warm-new-image.ts');
      await warmNewImage(context, globals, path, progress);
    }
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

/** How this host's distribution installs what the builder lacks. */
async function installHint(): Promise<DescribeInstall> {
  const os = await readOsRelease();
  return (missing) => describeInstall(installCommand(os, missing));
}
