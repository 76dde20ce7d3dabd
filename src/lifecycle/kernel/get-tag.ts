import { dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readKernelTree } from '../../kernel/kernel-tree.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { gitWords, runGit, type GitEnd } from '../../system/git.ts';
import { isThere } from '../../system/look.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { fetchTag } from './fetch-tag.ts';
import type { KernelClone } from './find-clone.ts';
import { alreadyThere } from '../source/unpack-source.ts';
import type { GotSource } from '../source/fetch-source.ts';

/** A tag that is wanted of a clone. */
export interface TagWish {
  readonly clone: KernelClone;
  /** As typed: `v6.12.3`, or without its v. */
  readonly name: string;
  /** Absolute; undefined: beside the clone, `linux-6.12.3`. */
  readonly folder: string | undefined;
  /** Fetch it where the clone has not got it, without a question. */
  readonly fetch: boolean;
}

/** A tag that was checked out. */
export interface GotTag extends GotSource {
  readonly commit: string;
}

/** A name that is no option and no path, and that git takes for one of a tag. */
const tagName = /^(?!.*\.\.)[A-Za-z0-9][\w.+-]{0,98}\w$/;
/** 80,000 files, onto a slow disk. */
const checkoutMs = 1_800_000;
type GetContext = Pick<LifecycleContext, 'env' | 'signal' | 'asker'>;

/**
 * Checks a tag out into a working tree of its own (git worktree): the clone's branch and what is
 * changed in it stay as they are. A tag that is not there is fetched with consent. Throws
 * `kernel-unknown`, `download-failed`, `file-exists`, `kernel-unsuitable`, `disk-full`.
 */
export async function getTag(
  context: GetContext,
  wish: TagWish,
  display: ProgressDisplay,
): Promise<GotTag> {
  const { clone } = wish;
  if (!tagName.test(wish.name)) {
    throw new UtopiaError('usage', `${wish.name}: not the name of a tag.`, {
      hint: 'As in: utopia kernel get v6.12.3',
    });
  }
  const there = await findTag(context, wish);
  const tag = there ?? (await fetchTag(context, wish, display));
  const version = tag.replace(/^v(?=\d)/, '');
  const path = wish.folder ?? join(dirname(clone.folder), `linux-${version}`);
  if (await isThere(path)) throw alreadyThere(path);
  await checkOut(context, clone, { tag, path }, display);
  try {
    const tree = await readKernelTree(path);
    const head = await ask(context, path, 'rev-parse', '--verify', 'HEAD');
    return {
      ...{ path, version: tree.version, from: `${clone.folder} ${tag}`, sha256: null },
      ...{ verified: false, signature: null, commit: head.stdout.trim() },
    };
  } catch (error) {
    await remove(context, clone, path);
    throw error;
  }
}

async function ask(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  cwd: string,
  ...args: readonly string[]
): Promise<GitEnd> {
  return await runGit(args, { cwd, env, signal });
}

/** The tag as the clone has it: as typed, or with a v before it. */
async function findTag(context: GetContext, { clone, name }: TagWish): Promise<string | undefined> {
  for (const tag of [name, `v${name}`]) {
    const args = ['rev-parse', '--quiet', '--verify', `refs/tags/${tag}^{commit}`];
    if ((await ask(context, clone.folder, ...args)).status === 0) return tag;
  }
  return undefined;
}

async function checkOut(
  context: GetContext,
  clone: KernelClone,
  { tag, path }: { readonly tag: string; readonly path: string },
  display: ProgressDisplay,
): Promise<void> {
  const { env, signal } = context;
  const title = 'checkout';
  display.report({ kind: 'started', title: `${title} ${tag}` });
  const startedAt = performance.now();
  // git takes back what it has half made when a signal ends it.
  const args = ['worktree', 'add', '--quiet', '--detach', path, `refs/tags/${tag}`];
  const run = { cwd: clone.folder, env, signal, timeoutMs: checkoutMs };
  const end = await runGit(args, run).catch(async (error: unknown) => {
    await remove(context, clone, path);
    throw error;
  });
  if (end.status === 0) {
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: tag, elapsedMs });
    return;
  }
  await remove(context, clone, path);
  if (saysOutOfRoom(end.stderr)) {
    throw new UtopiaError('disk-full', `There is no room for ${path}.`, {
      hint: 'A tree of Linux takes 1.5 GB. Free some space, or name another folder.',
    });
  }
  const isGone = end.stderr.includes('already registered worktree');
  throw new UtopiaError('cannot-create', `git could not check ${tag} out into ${path}.`, {
    details: gitWords(end),
    hint: isGone
      ? `Have git forget the one that is gone: git -C ${quoteForShell(clone.folder)} worktree prune`
      : 'Name another folder: utopia kernel get TAG FOLDER',
  });
}

/** Takes a working tree that is not whole away, which was not there before. */
async function remove({ env }: GetContext, clone: KernelClone, path: string): Promise<void> {
  if (!(await isThere(path))) return;
  const args = ['worktree', 'remove', '--force', '--force', path];
  await runGit(args, { cwd: clone.folder, env }).catch(() => {});
}
