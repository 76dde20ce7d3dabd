import { Option, type Command } from 'commander';
import type { RunCommand } from '../cli.ts';
import { examples } from './help.ts';

interface ResetFlags {
  readonly yes?: boolean;
  readonly undo?: boolean;
  readonly purge?: boolean;
}

/** `utopia reset`. */
export function addResetCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('reset')
    .summary('back to its first state')
    .description(
      'Put the machine back to its first state: the private file is moved aside, and\n' +
        'the next utopia up makes a fresh one over the image. Nothing is deleted.',
    )
    .option('-y, --yes', 'do not ask')
    .addOption(new Option('--undo', 'bring back what the last reset put aside').conflicts('purge'))
    .option('--purge', 'delete for good: the private file, and what resets have kept')
    .addHelpText('after', examples('utopia reset', 'utopia reset --undo'))
    .action((options: ResetFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/reset.ts')).runReset(context, globals, {
          yes: options.yes === true,
          undo: options.undo === true,
          purge: options.purge === true,
        }),
      ),
    );
}
