import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

interface SaveFlags {
  readonly message?: string;
  readonly replace?: boolean;
}

/** Commands that keep moments of a machine and go back to them. */
export function addTimeCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('suspend')
    .summary('save state, resume later')
    .description(
      'Save the memory of the running machine beside its private file and end it.\n' +
        'The next utopia up resumes it.',
    )
    .addHelpText('after', examples('utopia suspend'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/suspend.ts')).runSuspend(context, globals),
      ),
    );
  addSnapshotCommands(program, runCommand);
}

function addSnapshotCommands(program: Command, runCommand: RunCommand): void {
  const snapshot = program
    .command('snapshot')
    .summary('save and restore states')
    .description(
      'Save the disk of the machine, and its memory where it runs or is suspended, and\n' +
        'restore both later.',
    )
    .addHelpText('after', examples('utopia snapshot save before-lab-3', 'utopia snapshot list'));

  snapshot
    .command('save')
    .summary('save disk and memory')
    .description(
      'Save the disk, and the memory of a machine that runs (QEMU pauses it for some\n' +
        'seconds) or is suspended. Without a name the snapshot is called by the time.',
    )
    .argument('[name]', 'its name')
    .option('-m, --message <text>', 'what it is; list shows it')
    .option('--replace', 'in the place of the one of this name, once it is whole')
    .addHelpText(
      'after',
      examples(
        "utopia snapshot save before-lab-3 -m 'driver compiles'",
        'utopia snapshot save --replace ready && utopia run --from ready -- ./test.sh',
      ),
    )
    .action((name: string | undefined, options: SaveFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/time/report-saving.ts')).runSnapshotSave(context, globals, {
          name,
          text: options.message,
          replace: options.replace === true,
        }),
      ),
    );

  snapshot
    .command('list')
    .summary('list the snapshots')
    .description(
      'List the snapshots, each below the one that it was made from, with its size; then\n' +
        'what resets and restores have set aside.',
    )
    .addHelpText('after', examples('utopia snapshot list', 'utopia snapshot list --json'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/time/snapshot-list.ts')).runSnapshotList(context, globals),
      ),
    );

  snapshot
    .command('restore')
    .summary('go back to a snapshot')
    .description(
      'Restore a snapshot. Where it has memory, the next utopia up resumes from it.\n' +
        'What is there is kept; utopia undo brings it back.',
    )
    .argument('<name>', 'its name, as utopia snapshot list prints it')
    .addHelpText('after', examples('utopia snapshot restore before-lab-3'))
    .action((name: string, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/time/restore-snapshot.ts')).runSnapshotRestore(
          context,
          globals,
          name,
        ),
      ),
    );

  snapshot
    .command('show')
    .summary('where it lies, its size and message')
    .description('Show where a snapshot lies, its size and its message.')
    .argument('<name>', 'its name')
    .addHelpText('after', examples('utopia snapshot show before-lab-3'))
    .action((name: string, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/time/snapshot-list.ts')).runSnapshotShow(context, globals, name),
      ),
    );

  snapshot
    .command('remove')
    .summary('delete a snapshot for good')
    .description('Delete a snapshot for good. No other one depends on it.')
    .argument('<name>', 'its name')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples('utopia snapshot remove before-lab-3'))
    .action((name: string, options: { readonly yes?: boolean }, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/time/snapshot-list.ts')).runSnapshotRemove(context, globals, {
          name,
          yes: options.yes === true,
        }),
      ),
    );
}
