import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { examples } from './help.ts';
import { collectWord } from './repeatable.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia gdb`: a debugger on the kernel that runs. */
export function addGdbCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('gdb')
    .summary('debug its kernel')
    .description(
      'Start gdb on the kernel of the running machine, with the symbols of that kernel and of\n' +
        'its modules, also of those that are inserted later.',
    )
    .argument('[words...]', "gdb's own arguments, behind --")
    .option(
      '-b, --break <place>',
      'stop there, and let the guest run until then; repeatable',
      collectWord,
    )
    .option('--vmlinux <file>', "the kernel's symbols (default: of its build, or its package)")
    .option('--modules <folder>', 'look for modules there too; repeatable', collectWord)
    .addOption(
      new Option('--emit <kind>', 'print what another front end of gdb needs').choices([
        'gdbinit',
        'vscode',
      ]),
    )
    .addHelpText(
      'after',
      `
gdb stops the guest; it runs on when gdb ends.
${examples('utopia gdb', 'utopia gdb --break lunix_chrdev_read', 'utopia gdb --emit vscode')}`,
    )
    .action((words: readonly string[], options: GdbFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runGdbCommand } = await import('../commands/gdb.ts');
        process.exitCode = await runGdbCommand(context, globals, {
          breakpoints: options.break ?? [],
          vmlinux: options.vmlinux,
          modules: (options.modules ?? []).map((each) => resolve(context.cwd, each)),
          emit: options.emit,
          words,
        });
      }),
    );
}

/** `utopia drgn`: drgn on a dump of this moment. */
export function addDrgnCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('drgn')
    .summary('drgn on its memory')
    .description(
      "Start drgn on the memory of the running machine as it is now, with its kernel's symbols:\n" +
        'in a dump that goes when drgn ends. The guest goes on meanwhile.',
    )
    .argument('[words...]', 'a script with its arguments; options of drgn behind --')
    .option('--vmlinux <file>', "the kernel's symbols (default: of its build, or its package)")
    .option('--modules <folder>', 'look for modules there too; repeatable', collectWord)
    .addHelpText('after', examples('utopia drgn', 'utopia drgn tasks.py'))
    .action((words: readonly string[], options: GdbFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runDrgn } = await import('../commands/drgn.ts');
        process.exitCode = await runDrgn(context, globals, {
          ...{ words, vmlinux: options.vmlinux },
          modules: (options.modules ?? []).map((each) => resolve(context.cwd, each)),
        });
      }),
    );
}

interface GdbFlags {
  readonly break?: readonly string[];
  readonly vmlinux?: string;
  readonly modules?: readonly string[];
  readonly emit?: 'gdbinit' | 'vscode';
}
