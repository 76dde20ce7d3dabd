import type { Context, GlobalOptions } from '../context.ts';
import { checkGdbWords, gdbArguments, gdbScript, vscodeLaunch } from '../kernel/gdb-arguments.ts';
import { openGdbSession } from '../lifecycle/debug/gdb-session.ts';
import { closeStub } from '../lifecycle/debug/open-stub.ts';
import { checkModuleFolders } from '../lifecycle/debug/module-folders.ts';
import { requireGdb, runGdb } from '../lifecycle/debug/run-gdb.ts';
import { doubtSymbols, findRunningSymbols } from '../lifecycle/debug/running-symbols.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { leaveInterrupts } from '../system/signals.ts';
import { foldFor } from '../ui/lines.ts';

export interface GdbOptions {
  /** What gdb's `break` takes; with one, the guest runs on until it is there. */
  readonly breakpoints: readonly string[];
  /** As typed. */
  readonly vmlinux: string | undefined;
  /** Folders with modules, absolute, beside the current one and the shared one. */
  readonly modules: readonly string[];
  /** Print what another front end needs, instead of starting gdb. */
  readonly emit: 'gdbinit' | 'vscode' | undefined;
  /** gdb's own arguments. */
  readonly words: readonly string[];
}

/**
 * `utopia gdb`: gdb on the kernel of the running machine, with its symbols. Gives gdb's status.
 * When gdb ends, the guest runs on and QEMU's stub is closed again.
 */
export async function runGdbCommand(
  context: Context,
  globals: GlobalOptions,
  options: GdbOptions,
): Promise<number> {
  const { terminal, env } = context;
  checkGdbWords(options);
  await checkModuleFolders(options.modules);
  const gdb = options.emit === 'gdbinit' ? 'gdb' : await requireGdb(env);
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const symbols = await findRunningSymbols(context, located, running, options.vmlinux);
  const say = (text: string): void => {
    if (!globals.quiet)
      for (const line of foldFor(terminal.stderr, text, terminal.columns)) terminal.err(line);
  };
  say(`Symbols: ${symbols.vmlinux}`);
  const doubt = doubtSymbols(symbols, running.state?.startedAt);
  if (doubt !== undefined) context.reporter.warn(doubt);

  const { session, stub } = await openGdbSession(context, located, running, symbols, options);
  if (options.emit !== undefined) {
    if (options.emit === 'vscode') terminal.json(vscodeLaunch(session, gdb), 2);
    else terminal.out(gdbScript(session).trimEnd());
    say(`QEMU listens at ${stub.socket} until the machine is off. gdb stops the guest there.`);
    return 0;
  }
  say(
    stub.atStart
      ? 'The guest is before its first instruction; "continue" goes to start_kernel, "quit" lets it run.'
      : 'gdb stops the guest; "continue" lets it run, Ctrl-C stops it, "quit" leaves it running.',
  );
  if (options.breakpoints.length > 0) {
    say(
      'What gdb calls "pending" is in no symbols so far: it waits for a module that has it. Ctrl-C stops the guest.',
    );
  }
  const stopLeaving = leaveInterrupts(process);
  try {
    return await runGdb(gdb, gdbArguments(session, options.words), context);
  } finally {
    stopLeaving();
    await closeStub(context, located, running, stub).catch(() => {
      // The machine is off.
    });
  }
}
