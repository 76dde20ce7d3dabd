import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findProgram } from '../host/find-program.ts';
import { gdbArguments, gdbScript, vscodeLaunch, type GdbSession } from '../kernel/gdb-arguments.ts';
import { findSymbols, type KernelSymbols } from '../lifecycle/debug/find-symbols.ts';
import { askRelease } from '../lifecycle/debug/ask-release.ts';
import { closeStub, openStub } from '../lifecycle/debug/gdb-stub.ts';
import { runGdb } from '../lifecycle/debug/run-gdb.ts';
import { checkModuleFolders } from '../lifecycle/debug/module-folders.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { readKnown } from '../system/json-file.ts';
import { leaveInterrupts } from '../system/signals.ts';
import { aCount, maybe, object } from '../text/shape.ts';
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
  const { terminal, env, cwd } = context;
  refuseWords(options);
  await checkModuleFolders(options.modules);
  const gdb = options.emit === 'gdbinit' ? 'gdb' : await requireGdb(context);
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const symbols = await findSymbols(env, cwd, options.vmlinux, {
    direct: running.state?.plan.kernel,
    askRelease: async () => await askRelease(context, located, running),
  });
  const say = (text: string): void => {
    if (!globals.quiet)
      for (const line of foldFor(terminal.stderr, text, terminal.columns)) terminal.err(line);
  };
  say(`Symbols: ${symbols.vmlinux}`);
  const doubt = doubtOf(symbols, running.state?.startedAt);
  if (doubt !== undefined) context.reporter.warn(doubt);

  const shared = running.state?.plan.sharedDir;
  const moduleFolders = [
    ...new Set(
      [...options.modules, cwd, shared, symbols.objects].filter((each) => each !== undefined),
    ),
  ];
  const stub = await openStub(context, located, running);
  const session: GdbSession = {
    vmlinux: symbols.vmlinux,
    scripts: symbols.scripts,
    socket: stub.socket,
    moduleFolders,
    breakpoints: options.breakpoints,
    atStart: stub.atStart,
    crashedCpu: stub.wasRunning ? undefined : await crashedCpu(located),
  };
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

/** Throws `usage`: gdb would take such a word for a core dump, and an empty place for the current one. */
function refuseWords({ words: [first = '-'], breakpoints }: GdbOptions): void {
  if (breakpoints.some((each) => each.trim() === '')) {
    throw new UtopiaError('usage', '--break names no place.', {
      hint: 'utopia gdb --break lunix_chrdev_read',
    });
  }
  if (first.startsWith('-')) return;
  throw new UtopiaError('usage', `gdb's own arguments begin with a dash; "${first}" does not.`, {
    hint: `To stop at a function: utopia gdb --break ${first}`,
  });
}

const pauseShape = object({ cpu: maybe(aCount) });

/** The processor at whose crash the guest is paused; undefined where nobody knows. */
async function crashedCpu({ paths }: LocatedMachine): Promise<number | undefined> {
  return (await readKnown(paths.crashPauseFile, pauseShape))?.cpu;
}

async function requireGdb({ env }: Context): Promise<string> {
  const gdb = await findProgram('gdb', env);
  if (gdb !== undefined) return gdb;
  throw new UtopiaError('program-missing', 'utopia gdb needs gdb, and this host has none.', {
    hint: 'Install the package gdb.',
  });
}

/** Why the symbols may not be those of the kernel that runs. */
function doubtOf({ builtAt, objects }: KernelSymbols, startedAt: string | undefined) {
  if (objects === undefined || startedAt === undefined) return undefined;
  if (builtAt.getTime() <= Date.parse(startedAt)) return undefined;
  return 'The kernel was built again since the machine was started: lines and addresses may be those of another one.';
}
