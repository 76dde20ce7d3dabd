import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError } from '../errors.ts';
import { joinConsole } from '../guest/console-bridge.ts';
import { readConsoleTail } from '../guest/console-tail.ts';
import { queryConsoleTaken } from '../qmp/queries.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';

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
  terminal.stdout.write(terminal.shown(await readConsoleTail(files.consoleLog)));
  const end = await joinConsole(terminal, files.consoleSocket, context.signal);
  if (end === 'interrupted') process.exitCode = exitStatus.interrupted;
  if (globals.quiet) return;
  terminal.err(
    end === 'closed' ? `${config.name} is off.` : `Left the console; ${config.name} goes on.`,
  );
}
