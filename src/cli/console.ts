import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';
import { countFromZero } from './numbers.ts';

interface LogsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly boot?: number;
  readonly qemu?: boolean;
  readonly lines?: number;
}

/** Commands about the running machine's serial console. */
export function addConsoleCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('logs')
    .summary('show the console log')
    .description(
      "Show the guest's console since the machine's last start, or QEMU's own messages. The\n" +
        'logs of the five previous starts are kept.',
    )
    .option('-f, --follow', 'go on with what comes, over reboots, until Ctrl-C')
    .option('--since <time>', 'from then on: 10m, 2h, 14:02, "2026-11-23 14:02"')
    .option('--boot <number>', 'the Nth previous start (0 is the last one)', countFromZero)
    .option('--lines <number>', 'only the last lines', countFromZero)
    .option('--qemu', "QEMU's own words instead of the console")
    .addHelpText(
      'after',
      examples('utopia logs -f', 'utopia logs --since 10m', 'utopia logs --boot 1 | less'),
    )
    .action(async (options: LogsFlags, command: Command) => {
      if (options.follow === true && options.boot !== undefined && options.boot > 0) {
        command.error('error: nothing more comes of an earlier start: --follow goes with --boot 0');
      }
      await runCommand(command, async (context, globals) => {
        const { runLogs } = await import('../commands/logs.ts');
        await runLogs(context, globals, {
          follow: options.follow === true,
          since: options.since,
          boot: options.boot,
          qemu: options.qemu === true,
          lines: options.lines,
        });
      });
    });

  program
    .command('console')
    .summary('type at its serial port')
    .description(
      'The serial console of the guest in this terminal: works without network, and while\n' +
        'it boots. Ctrl-] opens a menu: q leaves, s sends the size of this terminal.',
    )
    .addHelpText('after', examples('utopia console'))
    .action(async (_options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runConsole } = await import('../commands/console.ts');
        await runConsole(context, globals);
      });
    });
}
