import type { Context, GlobalOptions } from '../context.ts';
import { doubtReader, findReader, openDump } from '../lifecycle/debug/open-dump.ts';
import { checkModuleFolders } from '../lifecycle/debug/module-folders.ts';
import { withPassingDump } from '../lifecycle/debug/passing-dump.ts';
import { findRunningSymbols } from '../lifecycle/debug/running-symbols.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { leaveInterrupts } from '../system/signals.ts';
import { foldFor } from '../ui/lines.ts';

export interface DrgnOptions {
  /** As typed. */
  readonly vmlinux: string | undefined;
  /** Folders with modules, absolute, beside the current one and the shared one. */
  readonly modules: readonly string[];
  /** A script and its arguments, or whatever else drgn takes. */
  readonly words: readonly string[];
}

/**
 * `utopia drgn [SCRIPT]`: drgn on the memory of the running machine as it is now, in a dump that
 * goes when drgn ends. Gives drgn's status. The guest goes on meanwhile.
 */
export async function runDrgn(
  context: Context,
  globals: GlobalOptions,
  options: DrgnOptions,
): Promise<number> {
  const { env, cwd, terminal } = context;
  await checkModuleFolders(options.modules);
  const reader = await findReader(env, 'drgn');
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const symbols = await findRunningSymbols(context, located, running, options.vmlinux);
  const doubt = await doubtReader(reader, symbols.release, env);
  if (doubt !== undefined) context.reporter.warn(`${doubt} Another way: utopia gdb`);
  return await withPassingDump(context, located, running, globals.quiet, async (dump) => {
    if (!globals.quiet) {
      const time = context.now().toTimeString().slice(0, 8);
      const text = `This is the guest's memory as it was at ${time}; the guest goes on. drgn with ${symbols.vmlinux}`;
      for (const line of foldFor(terminal.stderr, text, terminal.columns)) terminal.err(line);
    }
    const stopLeaving = leaveInterrupts(process);
    try {
      return await openDump(
        reader,
        {
          ...{ dump, symbols, words: options.words },
          folders: [...options.modules, cwd, located.config.sharedDir],
        },
        context,
      );
    } finally {
      stopLeaving();
    }
  });
}
