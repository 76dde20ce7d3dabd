import { Option, type Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

interface ResetFlags {
  readonly yes?: boolean;
  readonly undo?: boolean;
  readonly purge?: boolean;
  readonly to?: string;
}

/** `utopia reset` and `utopia undo`. */
export function addResetCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('reset')
    .summary('back to its first state')
    .description(
      'Put the machine back to its first state: the private file is moved aside, and\n' +
        'the next utopia up makes a fresh one over the image. What was set aside more\n' +
        'than 14 days ago, and is not among the newest 5, is deleted.',
    )
    .option('-y, --yes', 'do not ask')
    .addOption(new Option('--undo', 'bring back what the last reset set aside').conflicts('purge'))
    .addOption(
      new Option('--to <snapshot>', 'back to this snapshot instead').conflicts(['undo', 'purge']),
    )
    .option('--purge', 'delete for good: the private file, and what resets have kept')
    .addHelpText(
      'after',
      examples('utopia reset', 'utopia reset --to before-lab-3', 'utopia reset --undo'),
    )
    .action((options: ResetFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        if (options.to !== undefined) {
          const { runSnapshotRestore } = await import('../commands/time/restore-snapshot.ts');
          await runSnapshotRestore(context, globals, options.to);
          return;
        }
        const { runReset } = await import('../commands/reset.ts');
        await runReset(context, globals, {
          yes: options.yes === true,
          undo: options.undo === true ? 'newest' : undefined,
          purge: options.purge === true,
        });
      }),
    );

  program
    .command('undo')
    .summary('take back reset, restore')
    .description(
      'Take back the last utopia reset or snapshot restore; again: the one before it.\n' +
        'What is there meanwhile is kept in turn, so nothing is lost by it.',
    )
    .argument('[name]', 'bring this back instead; utopia snapshot list names what there is')
    .addHelpText('after', examples('utopia undo', 'utopia undo 2026-11-26T18-12-33.123Z'))
    .action((name: string | undefined, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/reset.ts')).runReset(context, globals, {
          yes: false,
          undo: name === undefined ? 'further-back' : { name },
          purge: false,
        }),
      ),
    );
}
