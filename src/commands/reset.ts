import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { isThere } from '../system/look.ts';
import { complainOfKept, type KeptOverlay, listKept } from '../image/set-aside/list.ts';
import { deleteKept, keepOverlay } from '../image/set-aside/keep.ts';
import { finishInterrupted } from '../image/set-aside/recover.ts';
import { bringBack, type WhichKept } from '../image/set-aside/bring-back.ts';
import type { PrunedOverlays } from '../image/set-aside/prune.ts';
import { checkDeletable, checkMovable, occupiedBytes } from '../image/set-aside/purge.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { confirm } from '../ui/ask.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { holdStoppedMachine } from '../lifecycle/launch/hold-machine.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { pruneAside } from '../lifecycle/saved/prune-set-aside.ts';

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
  const { privateFile } = located.config;
  if (!(await isThere(privateFile))) return await nothingThere(context, globals, located);
  const size = formatBytes(await occupiedBytes(privateFile));
  await agree(context, `Put ${privateFile} (${size}) aside and start afresh?`, yes);
  const kept = await keepOverlay(located.paths, privateFile, context.now());
  const pruned = await pruneAside(context, globals, located);
  await report(context, globals, located, { action: 'kept', keptAs: kept.overlay, pruned }, [
    `Your changes (${size}) were set aside: the next utopia up starts from the image.`,
    `  They are     ${kept.overlay}`,
    '  Bring back   utopia reset --undo',
  ]);
}

async function undo(
  context: Context,
  globals: GlobalOptions,
  { config, paths }: LocatedMachine,
  which: WhichKept,
): Promise<void> {
  const { privateFile } = config;
  const now = context.now();
  const { returned, putAside: aside } = await bringBack(paths, privateFile, now, which);
  const size = formatBytes(returned.allocatedBytes);
  const since = formatLocalTime(new Date(returned.note.keptAt));
  const lines = [`${privateFile} (${size}) is back; it was set aside on ${since}.`];
  if (aside !== undefined) {
    lines.push('  What was there is kept in turn; utopia reset --undo swaps them again.');
  }
  const done = { action: 'returned', keptAs: aside?.overlay } as const;
  await report(context, globals, { config, paths }, done, lines);
}

async function purge(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  yes: boolean,
): Promise<void> {
  const { config, paths } = located;
  await finishInterrupted(paths, config.privateFile);
  const present = await isThere(config.privateFile);
  const earlier = await listKept(paths, config.privateFile);
  if (!present && earlier.length === 0) return await nothingThere(context, globals, located);
  let deletedBytes = 0;
  if (present) {
    await checkDeletable(config.privateFile);
    const bytes = await occupiedBytes(config.privateFile);
    const question = `Delete ${config.privateFile} (${formatBytes(bytes)}) for good?`;
    await agree(context, question, yes);
    // Out of the way in one step first: killed while it deletes, no half overlay is in place.
    await deleteKept(await keepOverlay(paths, config.privateFile, context.now()));
    deletedBytes += bytes;
  }
  if (earlier.length > 0 && (await agreesToDelete(context, earlier, yes))) {
    for (const kept of earlier) await deleteKept(kept);
    deletedBytes += totalBytes(earlier);
  }
  await report(context, globals, located, { action: 'deleted', deletedBytes }, [
    `${formatBytes(deletedBytes)} were deleted.`,
  ]);
}

async function agreesToDelete(
  context: Context,
  earlier: readonly KeptOverlay[],
  yes: boolean,
): Promise<boolean> {
  const what = `${countOf(earlier.length, 'overlay')} kept by earlier resets`;
  return await confirm(
    context.terminal,
    `Delete the ${what} too (${formatBytes(totalBytes(earlier))})?`,
    { assumeYes: yes, signal: context.signal },
  );
}

async function agree(context: Context, question: string, yes: boolean): Promise<void> {
  const options = { assumeYes: yes, signal: context.signal };
  if (await confirm(context.terminal, question, options)) return;
  throw new UtopiaError('consent-needed', 'Nothing was changed.');
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

function totalBytes(kept: readonly KeptOverlay[]): number {
  return kept.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
}
