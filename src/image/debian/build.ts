import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import type { ReportProgress } from '../../progress-events.ts';
import { availableBytes } from '../free-space.ts';
import { adviseOnBootstrap } from './bootstrap-trouble.ts';
import { bootstrapArgv, layGuestFiles } from './bootstrap.ts';
import { bootstrapStart, readBootstrapLine } from './bootstrap-progress.ts';
import { writeDisk } from './disk-file.ts';
import { placeImage, type Verification } from './place.ts';
import { asOwner, requireNamespaces } from './privilege.ts';
import { imageRecipeHash, type ImageRecipe } from './recipe.ts';
import { rootSpec, type RootSpec } from './root-spec.ts';
import { packageSources } from './package-sources.ts';
import { runTool } from './tool-run.ts';
import { buildPath, requireBuildTools, type DescribeInstall } from './build-tools.ts';
import { openWorkspace, workspaceParent } from './workspace.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { makeFolder } from '../../system/make-folder.ts';

export interface BuildRequest {
  readonly recipe: ImageRecipe;
  /** What is in it, when not what the recipe's profile says: benchmarks compare with other roots. */
  readonly root?: RootSpec;
  /** Absolute path of the image to make; its folder is made. */
  readonly output: string;
  /** Debian mirror as a URL; undefined for this host's own, else Debian's. */
  readonly mirror?: string | undefined;
  /** Mode of the finished image, such as 0400. */
  readonly mode: number;
  /** May an image that is there be replaced? It is, in one step, when the new one is whole. */
  readonly replace: boolean;
  /** Boots the finished file before it gets its name; nobody looks without. */
  readonly verify?: ((file: string) => Promise<Verification>) | undefined;
}

export interface BuildSurroundings {
  readonly env: Environment;
  readonly uid: number;
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
  readonly now: () => Date;
  /** How this host installs what is missing; apt's line without it. */
  readonly describeInstall?: DescribeInstall;
}

/** What must be free for the tree of files and for the image, measured, with a third to spare. */
const neededBytes = { minimal: 1.2e9, lab: 2.4e9, desktop: 3.2e9 } as const;

/**
 * Builds a Debian disk image as a sparse raw file, read-only, with a record
 * beside it. Works in a folder of its own; the image appears under its name only
 * when it is whole and on disk. Throws `file-exists`, `program-missing`,
 * `host-not-ready`, `disk-full`, `image-build-failed` (also for an image that does not boot right), or the signal's reason.
 */
export async function buildImage(
  request: BuildRequest,
  surroundings: BuildSurroundings,
): Promise<{ readonly path: string }> {
  const { recipe, output } = request;
  const { env, uid, signal, report } = surroundings;
  if (!request.replace) await refuseExisting(output);
  requireBuildTools(env, uid, surroundings.describeInstall);
  await requireNamespaces(env, uid, signal);
  await makeOutputFolder(dirname(output));
  await removeDrafts(output);
  await requireRoom(workspaceParent(env), neededBytes[recipe.profile]);
  await requireRoom(dirname(output), neededBytes[recipe.profile]);

  const root = request.root ?? rootSpec(recipe.profile, recipe.include);
  const owner = asOwner(uid);
  const workspace = await openWorkspace(env, uid, owner);
  // A folder of our own: the file in it may be written to by everybody for a while.
  const draft = draftPath(output);
  const part = join(draft, 'image');
  try {
    await mkdir(draft, { mode: 0o700 });
    await stage(report, signal, 'packages', async () => {
      await layGuestFiles(root, workspace);
      const sources = await packageSources(recipe.suite, request.mirror, env);
      let progress = bootstrapStart;
      await runTool(bootstrapArgv(recipe.suite, root, workspace, sources), {
        path: buildPath(env),
        signal,
        advise: (lines) => adviseOnBootstrap(recipe.suite, lines),
        onLine: (line) => {
          progress = readBootstrapLine(progress, line);
          const { fraction, detail } = progress;
          report({ kind: 'moved', title: 'packages', fraction, detail });
        },
      });
      return `Debian ${recipe.suite}, ${recipe.profile}`;
    });
    await stage(report, signal, 'disk', async () => {
      await writeDisk({
        ...{ part, tree: workspace.tree, mode: request.mode },
        ...{ recipe, asOwner: owner, env, signal },
      });
      return basename(output);
    });
    const verification = (await request.verify?.(part)) ?? { kind: 'unknown' };
    signal.throwIfAborted();
    const record = {
      schema: 1,
      suite: recipe.suite,
      profile: recipe.profile,
      ...(recipe.include === undefined ? {} : { include: recipe.include }),
      recipe: imageRecipeHash(recipe, root),
      sizeBytes: recipe.sizeBytes,
      builtAt: surroundings.now().toISOString(),
    } as const;
    await placeImage(part, output, record, verification, request.mode | 0o200);
    return { path: output };
  } catch (error) {
    // Thousands of files: on a busy host longer than somebody waits without a word.
    if (signal.aborted) report({ kind: 'note', text: 'removing what was made of the image …' });
    throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
    await workspace.remove();
  }
}

async function stage(
  report: ReportProgress,
  signal: AbortSignal,
  title: string,
  work: () => Promise<string>,
): Promise<void> {
  const start = performance.now();
  report({ kind: 'started', title });
  try {
    const detail = await work();
    report({ kind: 'finished', title, detail, elapsedMs: performance.now() - start });
  } catch (error) {
    report({ kind: 'failed', title, ...(signal.aborted ? { detail: 'interrupted' } : {}) });
    throw error;
  }
}

async function refuseExisting(output: string): Promise<void> {
  const exists = await stat(output).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new UtopiaError('file-exists', `There is an image already: ${output}`, {
    hint: 'Add --yes to build it anew and replace it, or -o FILE for another place.',
  });
}

async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw describeUnmade(
      `Cannot make the folder ${folder}`,
      folder,
      error,
      'Make it writable for you, or name another place with -o FILE.',
    );
  }
}

async function requireRoom(folder: string, needed: number): Promise<void> {
  const available = await availableBytes(folder);
  if (available >= needed) return;
  throw new UtopiaError(
    'disk-full',
    `No room to build in ${folder}: ${inGigabytes(available)} free, ${inGigabytes(needed)} needed.`,
    { hint: 'Free some space there, or set TMPDIR (for the work) or -o FILE (for the image).' },
  );
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
