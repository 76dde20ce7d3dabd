import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { UtopiaError } from '../errors.ts';
import { examples } from './help.ts';
import { count } from './numbers.ts';
import { quoteForShell } from '../text/shell-words.ts';

interface OopsFlags {
  readonly last?: number;
  readonly all?: boolean;
  readonly log?: string;
  readonly vmlinux?: string;
}

/** `utopia oops`. */
export function addOopsCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('oops')
    .argument('[file]', 'a saved log (also packed, or in UTF-16); - is standard input')
    .summary('why the kernel crashed')
    .description(
      'The crash of the guest kernel since its last boot, the first of several: what it was,\n' +
        'in which function of which module, at which line, and what that usually means.\n' +
        'Read from the console log.',
    )
    .option('--last <count>', 'the latest so many, of earlier boots too', count)
    .option('--all', 'every crash that the log tells of')
    .option('--log <file>', 'the same as FILE')
    .option('--vmlinux <file>', 'the kernel with debug information, for lines in it')
    .addHelpText(
      'after',
      `
Lines of a module come from its .ko, found in the share or in this folder.
${examples('utopia oops', 'utopia oops --last 3', 'utopia oops dmesg.txt', 'dmesg | utopia oops')}`,
    )
    .action(async (file: string | undefined, options: OopsFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runOops } = await import('../commands/oops.ts');
        const { last, all = false, log = file, vmlinux } = options;
        if (file !== undefined && log !== file) {
          throw new UtopiaError('usage', `Two logs are named: ${file} and ${log}.`, {
            hint: `utopia oops ${quoteForShell(file)}`,
          });
        }
        await runOops(context, globals, { last, all, log, vmlinux });
      });
    });
}
