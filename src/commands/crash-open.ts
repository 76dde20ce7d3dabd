import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import type { DumpReader } from '../kernel/dump-arguments.ts';
import { findSymbols } from '../lifecycle/debug/find-symbols.ts';
import { chooseReader, findReader, missingBytes, openDump } from '../lifecycle/debug/open-dump.ts';
import { checkModuleFolders } from '../lifecycle/debug/module-folders.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { readLog } from '../lifecycle/watch/read-crash-logs.ts';
import { leaveInterrupts } from '../system/signals.ts';
import { formatBytes } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { requireKeptCrash, keptHeadline } from '../crash/find-kept-crash.ts';

export interface CrashOpenOptions {
  /** Undefined for the newest. */
  readonly number: number | undefined;
  /** Undefined for the first that is installed. */
  readonly reader: DumpReader | undefined;
  /** As typed. */
  readonly vmlinux: string | undefined;
  /** Folders with modules, absolute, beside the current one and the shared one. */
  readonly modules: readonly string[];
  /** The program's own arguments. */
  readonly words: readonly string[];
}

/** `utopia crash open [N]`: drgn, crash or gdb on the memory of a kept crash. Gives its status. */
export async function runCrashOpen(
  context: Context,
  globals: GlobalOptions,
  options: CrashOpenOptions,
): Promise<number> {
  const { env, cwd, terminal, signal } = context;
  await checkModuleFolders(options.modules);
  // Before the machine is looked for: without one there is nothing to open it with.
  const first = await findReader(env, options.reader);
  const { config, paths } = await locateMachine(context, globals);
  const kept = await requireKeptCrash(paths, options.number);
  const { number, dump, missing } = kept;
  if (dump === undefined) {
    throw new UtopiaError('crash-unknown', `Crash ${number} has no dump of its memory.`, {
      details: missing,
      hint: `utopia crash show ${number}`,
    });
  }
  const symbols = await findSymbols(env, cwd, options.vmlinux, {
    direct: kept.kernel,
    askRelease: async () => {
      if (kept.release !== undefined) return kept.release;
      throw new UtopiaError('kernel-unknown', `The report of crash ${number} names no release.`, {
        hint: `utopia crash open ${number} --vmlinux FILE`,
      });
    },
  });
  const { chosen, doubt } = await chooseReader(env, first, options.reader, kept.release);
  if (!globals.quiet) {
    const text = `Crash ${number}: ${keptHeadline(kept)}. ${chosen.reader} with ${symbols.vmlinux}`;
    for (const line of foldFor(terminal.stderr, text, terminal.columns)) terminal.err(line);
  }
  if (doubt !== undefined) {
    const isAsked = chosen.reader === options.reader;
    const other = isAsked ? ` Another way: utopia crash open ${number} --with gdb` : '';
    context.reporter.warn(`${doubt}${other}`);
  }
  const lost = await missingBytes(dump);
  if (lost > 0) {
    context.reporter.warn(
      `The dump is cut short by ${formatBytes(lost)}: what lay there cannot be read.`,
    );
  }
  const log = await readLog(kept.report, 1, signal).catch(() => undefined);
  const names = (log?.crashes ?? []).flatMap(({ ownModules }) => ownModules);
  const stopLeaving = leaveInterrupts(process);
  try {
    return await openDump(
      chosen,
      {
        ...{ dump, symbols, words: options.words, task: kept.pid },
        modules: [...new Set([...names, ...(kept.module === undefined ? [] : [kept.module])])],
        folders: [...options.modules, cwd, config.sharedDir],
      },
      context,
    );
  } finally {
    stopLeaving();
  }
}
