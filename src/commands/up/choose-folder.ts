import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { confirm } from '../../ui/ask.ts';
import {
  nameFound,
  sayRemarks,
  searchUpwards,
  takeFound,
} from '../../lifecycle/launch/look-upwards.ts';
import { addressOf, requireFolder } from '../../lifecycle/launch/machine-address.ts';

/** Which machine `utopia up` starts. */
export interface ChosenFolder {
  readonly globals: GlobalOptions;
  /** Its command line names that machine: run once more, it asks nothing. */
  readonly context: Context;
}

/**
 * A folder without a machine, below one that has one, may be meant to get its own, or not: asks on
 * a terminal, and throws `usage` with both commands where nobody can answer. `here` (--here) makes
 * one in the current folder. Throws `machine-unknown` for a machine whose folder is gone.
 */
export async function chooseFolder(
  context: Context,
  globals: GlobalOptions,
  here: boolean,
): Promise<ChosenFolder> {
  const { terminal, signal } = context;
  const inThisFolder = { ...globals, here: true };
  if (globals.config !== undefined || globals.machine !== undefined) {
    if (here) {
      throw new UtopiaError('usage', '--here means this folder, and another machine is named.', {
        hint: 'Leave --here out, or -n and --config.',
      });
    }
    if (globals.machine !== undefined) await requireFolder(globals.machine.file);
    return { globals, context };
  }
  if (here) return { globals: inThisFolder, context };
  const { found, remarks } = await searchUpwards(context, context.cwd);
  if (!globals.quiet) sayRemarks(context, remarks);
  if (found === undefined) return { globals: inThisFolder, context };
  const name = nameFound(context, found);
  if (!terminal.interactive) {
    throw new UtopiaError('usage', `This folder has no machine; ${name} has one.`, {
      hint: `utopia -C ${quoteForShell(found.folder)} up   starts that one\nutopia up --here   makes one in this folder`,
    });
  }
  const question = `This folder has no machine; ${name} has one. Start that one?`;
  if (await confirm(terminal, question, { assumeYes: false, defaultYes: true, signal })) {
    const chosen = takeFound(globals, found);
    const words = await addressOf(context, chosen.machine?.file ?? '');
    return { globals: chosen, context: withWords(context, 2, words) };
  }
  if (await confirm(terminal, 'Make one in this folder?', { assumeYes: false, signal })) {
    return { globals: inThisFolder, context: withWords(context, behindUp(context), ['--here']) };
  }
  throw new UtopiaError('consent-needed', 'Nothing was started.', {
    hint: 'utopia up --here makes a machine in this folder.',
  });
}

function withWords(context: Context, at: number, words: readonly string[]): Context {
  const { commandLine } = context;
  return { ...context, commandLine: commandLine.toSpliced(at, 0, ...words) };
}

/** Behind the last `up` that is not QEMU's: the command, or a value that comes after it. */
function behindUp({ commandLine }: Context): number {
  const end = commandLine.indexOf('--');
  return commandLine.lastIndexOf('up', end === -1 ? undefined : end) + 1;
}
