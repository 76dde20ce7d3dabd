import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** `utopia forward`. */
export function addForwardCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('forward')
    .summary('ports into the guest')
    .description(
      'Open ports of this host that lead into the running guest, close or list them. They\n' +
        'last until the machine is off; UTOPIA_FORWARDS in utopia.config keeps them.',
    )
    .argument('[rules...]', '[ADDRESS:]HOST_PORT:GUEST_PORT[/udp]; none to list')
    .option('--remove', 'close these; the port of the host is enough')
    .option('--list', 'list what is open')
    .addHelpText(
      'after',
      examples('utopia forward 8080:80', 'utopia forward --remove 8080', 'utopia forward'),
    )
    .action(
      async (
        rules: readonly string[],
        options: { readonly remove?: boolean; readonly list?: boolean },
        command: Command,
      ) => {
        if (options.remove === true && rules.length === 0) {
          command.error('error: which one? (utopia forward --list shows them)');
        }
        if (options.list === true && rules.length > 0) {
          command.error('error: --list takes no ports');
        }
        await runCommand(command, async (context, globals) => {
          const { runForward } = await import('../commands/forward.ts');
          await runForward(context, globals, { rules, remove: options.remove === true });
        });
      },
    );
}
