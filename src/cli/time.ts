import type { Command } from 'commander';
import type { RunCommand } from '../cli.ts';
import { examples } from './help.ts';

/** Commands that keep moments of a machine and go back to them. */
export function addTimeCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('suspend')
    .summary('save it, go on later')
    .description(
      'Save the memory of the running machine beside its private file and end it.\n' +
        'The next utopia up goes on where it was.',
    )
    .addHelpText('after', examples('utopia suspend'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/suspend.ts')).runSuspend(context, globals),
      ),
    );
}
