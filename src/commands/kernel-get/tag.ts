import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { findClone, findKernelClone, type KernelClone } from '../../lifecycle/kernel/find-clone.ts';
import { getTag } from '../../lifecycle/kernel/get-tag.ts';
import { homeFolder } from '../../system/places.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { openProgress } from '../../ui/progress.ts';

/** What was typed, as far as a tag is concerned; paths are relative to the current folder. */
export interface TagOptions {
  readonly what: string | undefined;
  readonly folder: string | undefined;
  readonly from: string | undefined;
  readonly sha256: string | undefined;
  readonly fetch: boolean;
}

/** The clone that `what` is a tag of: the one behind --from, else that of the current folder, where it is of a kernel. */
export async function findTagsClone(
  context: Context,
  { what, from, sha256, fetch }: TagOptions,
): Promise<KernelClone | undefined> {
  const { cwd } = context;
  const isTag = what !== undefined && what !== 'debian' && !what.includes('://');
  if (from !== undefined && !from.includes('://')) {
    const clone = await findClone(context, resolve(cwd, from));
    if (clone === undefined) {
      throw new UtopiaError('usage', `--from ${from}: no URL of a mirror, and no clone.`, {
        hint: 'As in: --from ~/linux, or --from https://www.kernel.org/pub/linux/kernel/',
      });
    }
    if (isTag && sha256 === undefined) return clone;
    const why = isTag ? 'A tag has no --sha256.' : 'There is no tag named that is wanted of it.';
    throw new UtopiaError('usage', `--from ${from} is a clone. ${why}`, {
      hint: `As in: utopia kernel get v6.12.3 --from ${quoteForShell(from)}`,
    });
  }
  const here = isTag && from === undefined && sha256 === undefined;
  const clone = here ? await findKernelClone(context, cwd).catch(noGit) : undefined;
  if (!fetch || clone !== undefined) return clone;
  throw new UtopiaError('usage', '--fetch is for a tag of a clone, and there is none here.', {
    hint: 'Name it: utopia kernel get v6.12.3 --fetch --from ~/linux',
  });
}

/** Without git there is no clone, and an archive needs none. */
function noGit(error: unknown): undefined {
  if (error instanceof UtopiaError && error.code === 'program-missing') return undefined;
  throw error;
}

/** Checks the tag out, and says where, and how it goes away again. */
export async function runGetTag(
  context: Context,
  globals: GlobalOptions,
  { what = '', folder, fetch }: TagOptions,
  clone: KernelClone,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const place = folder === undefined ? undefined : resolve(cwd, folder);
    const got = await getTag(context, { clone, name: what, folder: place, fetch }, display);
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, ...got });
      return;
    }
    const short = (path: string): string => quoteForShell(shortenPath(path, cwd, homeFolder(env)));
    terminal.outWhole(got.path);
    terminal.out(`  Linux ${got.version}, commit ${got.commit.slice(0, 12)}`);
    terminal.outWhole(`  next  utopia kernel config ${short(got.path)}`);
    terminal.outWhole(`  away  git -C ${short(clone.folder)} worktree remove ${short(got.path)}`);
  } finally {
    display.close();
  }
}
