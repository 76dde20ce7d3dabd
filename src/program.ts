import { separateGuestWords } from './cli/guest-words.ts';
import { buildProgram } from './cli.ts';
import { exitStatus, UtopiaError, type ExitStatus } from './errors.ts';
import { describeRefusedFile } from './no-room.ts';
import { patienceFor } from './patience.ts';
import { watchOutput } from './output-errors.ts';
import { listenToSignals } from './signals.ts';
import { openTerminal } from './ui/terminal.ts';

/** Runs the command that `words` name: the one place that maps what was thrown to a message and an exit status. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const patience = patienceFor(performance.now());
  const terminal = openTerminal(process, process.env);
  const signals = listenToSignals(process);
  const output = watchOutput([process.stdout, process.stderr]);

  async function report(error: unknown): Promise<ExitStatus> {
    if (isCommandersOwn(error)) {
      // commander has printed its message; help and version count as success.
      return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
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
      patience,
      env: process.env,
      cwd: process.cwd(),
      commandLine: [process.execPath, process.argv[1] ?? 'utopia', ...words],
      words,
    });
    await program.parseAsync(separateGuestWords(words), { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error);
  } finally {
    signals.stopListening();
  }
  // After all else: what a command did counts, and so does that nobody can read what came of it.
  const unwritten = await output.settle();
  if (unwritten !== undefined) {
    const status = await report(unwritten);
    if (process.exitCode === undefined || process.exitCode === 0) process.exitCode = status;
  }
}

/** A CommanderError, known by its code so that commander need not be loaded for it. */
function isCommandersOwn(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}
