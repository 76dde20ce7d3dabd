import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import type { ChosenMachine } from '../lifecycle/lifecycle-context.ts';
import type { Context } from '../context.ts';
import { examples } from './help.ts';

/** `utopia ls`. */
export function addMachinesCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('ls')
    .summary('all your machines')
    .description(
      'All machines of yours that were started at some time, from any folder: name, state,\n' +
        'ports, memory they occupy on the host, age, folder. -n NAME addresses one of them.',
    )
    .option('-a, --all', 'also those whose folder is gone')
    .addHelpText('after', examples('utopia ls', 'utopia -n ask1 down', 'utopia ls --json'))
    .action(async (options: { readonly all?: boolean }, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runLs } = await import('../commands/ls.ts');
        await runLs(context, globals, { all: options.all === true });
      });
    });
}

/** The machine that `-n` names. */
export async function findNamed(context: Context, name: string): Promise<ChosenMachine> {
  const { findMachineNamed } = await import('../commands/find-named.ts');
  return await findMachineNamed(context, name);
}
