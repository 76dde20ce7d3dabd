import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import type { WantedKernel } from '../../lifecycle/kernel/choose-source.ts';
import type { KernelClone } from '../../lifecycle/kernel/find-clone.ts';
import { getTag } from '../../lifecycle/kernel/get-tag.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenForShell } from '../../text/shorten-path.ts';
import { openProgress } from '../../ui/progress.ts';
import { warnOfPath } from '../report/report-source.ts';

/** What was typed, as far as a tag is concerned. */
interface TagOptions extends Pick<WantedKernel, 'what' | 'fetch'> {
  /** Relative to the current folder. */
  readonly folder: string | undefined;
}

/** Checks the tag out, and says where, and how it goes away again. */
export async function runGetTag(
  context: Context,
  globals: GlobalOptions,
  { what = '', folder, fetch }: TagOptions,
  clone: KernelClone,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const place = folder === undefined ? undefined : resolve(cwd, folder);
  if (!globals.quiet && !globals.json) warnOfPath(terminal, place ?? cwd);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const got = await getTag(context, { clone, name: what, folder: place, fetch }, display);
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, ...got });
      return;
    }
    const short = (path: string): string => shortenForShell(path, cwd, homeFolder(env));
    terminal.outWhole(got.path);
    terminal.out(`  Linux ${got.version}, commit ${got.commit.slice(0, 12)}`);
    terminal.outWhole(`  next  utopia kernel config ${short(got.path)}`);
    terminal.outWhole(`  away  git -C ${short(clone.folder)} worktree remove ${short(got.path)}`);
  } finally {
    display.close();
  }
}
