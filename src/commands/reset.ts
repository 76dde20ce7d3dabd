import type { Context, GlobalOptions } from '../context.ts';
import { bringBack, type WhichKept } from '../image/set-aside/bring-back.ts';
import { complainOfKept, listKept } from '../image/set-aside/list.ts';
import type { PrunedOverlays } from '../image/set-aside/prune.ts';
import { checkMovable } from '../image/set-aside/purge.ts';
import { holdStoppedMachine } from '../lifecycle/launch/hold-machine.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { deleteChanges, setChangesAside, totalBytes } from '../lifecycle/saved/reset-machine.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { formatLocalTime } from '../text/local-time.ts';

export interface ResetOptions {
  readonly yes: boolean;
  /** Bring this one of the kept overlays back. */
  readonly undo: WhichKept | undefined;
  /** Delete instead of keeping, and what was kept too. */
  readonly purge: boolean;
}

/** What a reset has done, as --json prints it. */
interface ResetReport {
  readonly schema: 1;
  readonly action: 'kept' | 'returned' | 'deleted' | 'nothing';
  /** The private file. */
  readonly path: string;
  /** Where the overlay lies that was set aside. */
  readonly keptAs?: string | undefined;
  readonly deletedBytes?: number;
  /** What was set aside long ago, and has been deleted now. */
  readonly pruned?: PrunedOverlays;
  readonly kept: { readonly count: number; readonly bytes: number };
}

/** `utopia reset`: back to the image as it came; the changes are kept aside, or deleted. */
export async function runReset(
  context: Context,
  globals: GlobalOptions,
  options: ResetOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  await checkMovable(located.config.privateFile);
  const held = await holdStoppedMachine(context, located, 'Its changes cannot be moved');
  try {
    if (options.undo !== undefined) await undo(context, globals, located, options.undo);
    else if (options.purge) await purge(context, globals, located, options.yes);
    else await putAside(context, globals, located, options.yes);
  } finally {
    await held.release();
  }
}

async function putAside(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  yes: boolean,
): Promise<void> {
  const aside = await setChangesAside(context, globals, located, yes);
  if (aside === undefined) return await nothingThere(context, globals, located);
  const { overlay, pruned } = aside;
  await report(context, globals, located, { action: 'kept', keptAs: overlay, pruned }, [
    `Your changes (${formatBytes(aside.bytes)}) were set aside: the next utopia up starts from the image.`,
    `  They are     ${overlay}`,
    '  Bring back   utopia reset --undo',
  ]);
}

async function undo(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  which: WhichKept,
): Promise<void> {
  const { returned, putAside: aside } = await bringBack(
    located.paths,
    located.config.privateFile,
    context.now(),
    which,
  );
  const size = formatBytes(returned.allocatedBytes);
  const since = formatLocalTime(new Date(returned.note.keptAt));
  const lines = [`${located.config.privateFile} (${size}) is back; it was set aside on ${since}.`];
  if (aside !== undefined) {
    lines.push('  What was there is kept in turn; utopia reset --undo swaps them again.');
  }
  const done = { action: 'returned', keptAs: aside?.overlay } as const;
  await report(context, globals, located, done, lines);
}

async function purge(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  yes: boolean,
): Promise<void> {
  const deletedBytes = await deleteChanges(context, located, yes);
  if (deletedBytes === undefined) return await nothingThere(context, globals, located);
  await report(context, globals, located, { action: 'deleted', deletedBytes }, [
    `${formatBytes(deletedBytes)} were deleted.`,
  ]);
}

async function nothingThere(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
): Promise<void> {
  await report(context, globals, located, { action: 'nothing' }, [
    `There is no ${located.config.privateFile}: the machine is in its first state.`,
  ]);
}

async function report(
  context: Context,
  globals: GlobalOptions,
  { config, paths }: Pick<LocatedMachine, 'config' | 'paths'>,
  done: Omit<ResetReport, 'schema' | 'path' | 'kept'>,
  lines: readonly string[],
): Promise<void> {
  const { terminal } = context;
  for (const text of await complainOfKept(paths)) terminal.err(text);
  const all = await listKept(paths, config.privateFile);
  const kept = { count: all.length, bytes: totalBytes(all) };
  if (globals.json) {
    const result: ResetReport = { schema: 1, ...done, path: config.privateFile, kept };
    terminal.json(result);
    return;
  }
  for (const line of lines) terminal.out(line);
  if (kept.count > 0) {
    terminal.out(
      `  Kept now     ${countOf(kept.count, 'overlay')}, ${formatBytes(kept.bytes)}` +
        ' (utopia reset --purge deletes)',
    );
  }
}
