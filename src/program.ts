import type { Command } from 'commander';
import { isBisectStep, statusForGit } from './cli/bisect-status.ts';
import { separateGuestWords } from './cli/guest-words.ts';
import { mayBeForQemu, readTypedCommand } from './cli/typed-words.ts';
import { buildProgram, CommandRefused } from './cli.ts';
import { exitStatus, UtopiaError, type ExitStatus } from './errors.ts';
import { describeRefusedFile } from './system/out-of-space.ts';
import { timeoutScaleFor } from './system/timeout-scale.ts';
import { watchOutput } from './system/output-errors.ts';
import { listenToSignals } from './system/signals.ts';
import { openTerminal } from './ui/terminal.ts';

/** Runs the command that `words` name: the one place that maps what was thrown to a message and an exit status. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const timeoutScale = timeoutScaleFor(performance.now());
  const terminal = openTerminal(process, process.env);
  const signals = listenToSignals(process);
  const bisects = isBisectStep(words);
  const output = watchOutput([process.stdout, process.stderr]);

  async function report(error: unknown): Promise<ExitStatus> {
    if (error instanceof CommandRefused) {
      if (error.exitCode === 0) return exitStatus.ok;
      if (error.isHelp) return exitStatus.usage;
      const { refusalOf } = await import('./cli/usage-error.ts');
      return await report(refusalOf(error.command, error));
    }
    const { printError } = await import('./ui/error.ts');
    const refused = error instanceof UtopiaError ? undefined : describeRefusedFile(error);
    const verbose = words.includes('--verbose') || words.includes('-v');
    if (signals.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      printError(terminal, new UtopiaError('interrupted', 'Interrupted.'), verbose);
      return exitStatus.interrupted;
    }
    const shown = refused ?? error;
    printError(terminal, shown, verbose);
    return shown instanceof UtopiaError ? shown.status : exitStatus.bug;
  }

  try {
    if (process.platform !== 'linux') {
      throw new UtopiaError(
        'unsupported-platform',
        `utopia runs on Linux; this is ${process.platform}. Its machines need QEMU with KVM, /proc and /sys.`,
        { hint: 'Use a Linux host, or a Linux virtual machine with nested virtualisation.' },
      );
    }
    const program = buildProgram({
      terminal,
      ...signals,
      timeoutScale,
      env: process.env,
      cwd: currentFolder(),
      program: [process.execPath, ...process.execArgv, process.argv[1] ?? 'utopia'],
      commandLine: [process.execPath, process.argv[1] ?? 'utopia', ...words],
      words,
    });
    if (!(await answerWords(program, words))) {
      await program.parseAsync(separateGuestWords(words), { from: 'user' });
    }
  } catch (error) {
    const status = await report(error);
    process.exitCode = bisects ? statusForGit(status) : status;
  } finally {
    signals.stopListening();
  }
  // After all else: what a command did counts, and so does that nobody can read what came of it.
  const unwritten = await output.settle();
  if (unwritten !== undefined) {
    const status = await report(unwritten);
    // What a step of a bisection has found is its status; nobody need read the rest.
    if (bisects) return;
    if (process.exitCode === undefined || process.exitCode === 0) process.exitCode = status;
  }
}

/**
 * Answers `utopia help …`, and refuses what names no command, before commander reads the rest: it
 * would print the general help. Gives whether that was all.
 */
async function answerWords(program: Command, words: readonly string[]): Promise<boolean> {
  const { command, next, unknown, topic } = readTypedCommand(program, words);
  if (topic !== undefined || unknown !== undefined) {
    const { showTopic, unknownCommand } = await import('./cli/usage-error.ts');
    if (topic === undefined) throw unknownCommand(command, unknown ?? '');
    showTopic(program, topic);
    return true;
  }
  const own = words.slice(next);
  if (command.name() === 'up' && !asksForHelp(own) && mayBeForQemu(command, own)) {
    const { refuseQemuWords } = await import('./cli/qemu-words.ts');
    refuseQemuWords(command, words.slice(0, next), own);
  }
  return false;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words
    .slice(0, end === -1 ? words.length : end)
    .some((word) => /^(?:-h|--help)$/.test(word));
}

/** Undefined where it was deleted, is closed by a folder above, or is too deep for getcwd(3). */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
