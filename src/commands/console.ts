import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError } from '../errors.ts';
import { joinConsole } from '../guest/console-bridge.ts';
import { createConsoleReader } from '../guest/console-text.ts';
import { readTail } from '../guest/file-tail.ts';
import { queryConsoleTaken } from '../qmp/queries.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';

/** The console's last words that a visitor sees first: a prompt among them is seen again by nobody else. */
const shownLines = 8;
const readBytes = 4_096;

/** `utopia console`: the guest's serial console in this terminal. The log goes on meanwhile. */
export async function runConsole(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal } = context;
  if (!terminal.stdin.isTTY || !terminal.stdout.isTTY) {
    throw new UtopiaError('usage', 'utopia console needs a terminal to type into and to see.', {
      hint: 'utopia logs -f follows the console; utopia ssh -- COMMAND runs a command.',
    });
  }
  const located = await locateMachine(context, globals);
  const { config, paths } = located;
  const running = await requireRunning(located);
  const files = running.state?.plan.files ?? paths;
  const taken = await withMonitor(context, located, running, queryConsoleTaken);
  if (taken) {
    throw new UtopiaError(
      'machine-busy',
      `Somebody else is at the console of ${config.name}: QEMU serves one at a time.`,
      { hint: 'utopia logs -f follows it; there, Ctrl-] and q leave it.' },
    );
  }
  if (!globals.quiet) {
    terminal.err(
      `Console of ${config.name}. Ctrl-] opens the menu, then q leaves. Enter shows a prompt.`,
    );
  }
  terminal.stdout.write(terminal.shown(await lastWords(files.consoleLog)));
  const end = await joinConsole(terminal, files.consoleSocket, context.signal);
  if (end === 'interrupted') process.exitCode = exitStatus.interrupted;
  if (globals.quiet) return;
  terminal.err(
    end === 'closed' ? `${config.name} is off.` : `Left the console; ${config.name} goes on.`,
  );
}

/** The end of the log, plain, the unfinished last line as it stands. */
async function lastWords(file: string): Promise<string> {
  const tail = await readTail(file, readBytes);
  if (tail === undefined) return '';
  const { lines, partial } = createConsoleReader()(tail.bytes);
  const told = lines.filter((line) => line !== '').slice(-shownLines);
  return told.map((line) => `${line}\n`).join('') + partial;
}
