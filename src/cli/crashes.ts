import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { examples } from './help.ts';
import { count } from './numbers.ts';
import { collectWord } from './repeatable.ts';
import { UtopiaError } from '../errors.ts';
import type { RunCommand } from './run-command.ts';
import { splitWords } from './split-words.ts';

/** `utopia crash`: crashes of the kernel that were kept. */
export function addCrashCommands(program: Command, runCommand: RunCommand): void {
  const crash = program
    .command('crash')
    .summary('crashes that were kept')
    .description(
      "Crashes of the guest's kernel that were kept (UTOPIA_ON_CRASH=keep): its memory in that\n" +
        'moment, its disk right after it, and what the kernel printed.',
    )
    .addHelpText(
      'after',
      examples('utopia up --on-crash keep', 'utopia crash list', 'utopia crash open'),
    );
  crash
    .command('list')
    .summary('what is kept, the oldest first')
    .description('List the kept crashes of the machine, the oldest first.')
    .addHelpText('after', examples('utopia crash list', 'utopia crash list --json'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runCrashList } = await import('../commands/crash-list.ts');
        await runCrashList(context, globals);
      }),
    );
  crash
    .command('show')
    .summary('what it was, and where its parts are')
    .description(
      'Show a kept crash as utopia oops does, where its dump and its snapshot are, and how to\n' +
        'go on from them.',
    )
    .argument('[number]', 'as crash list has it (default: the newest)', count)
    .addHelpText('after', examples('utopia crash show', 'utopia crash show 2 --json'))
    .action((number: number | undefined, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runCrashShow } = await import('../commands/crash-show.ts');
        await runCrashShow(context, globals, number);
      }),
    );
  addOpen(crash, runCommand);
  crash
    .command('remove')
    .summary('delete dump, report and snapshot')
    .description('Delete kept crashes: the dump, the report, and the snapshot made with it.')
    .argument('[n...]', 'as crash list has them', collectNumber)
    .option('--all', 'all of the machine')
    .addHelpText('after', examples('utopia crash remove 1 2', 'utopia crash remove --all'))
    .action(
      (numbers: readonly number[], { all = false }: { readonly all?: boolean }, command: Command) =>
        runCommand(command, async (context, globals) => {
          const { runCrashRemove } = await import('../commands/crash-remove.ts');
          await runCrashRemove(context, globals, { numbers, all });
        }),
    );
  crash
    .command('watch', { hidden: true })
    .summary('wait for a crash of the kernel')
    .description('What utopia up starts beside QEMU: waits for a crash of the kernel.')
    .argument('<machine>')
    .addHelpText('after', examples('utopia crash watch ask1-1a2b3c4d'))
    .action((id: string, _options: unknown, self: Command) =>
      runCommand(self, async (context) => {
        const { runCrashWatch } = await import('../commands/crash-watch.ts');
        await runCrashWatch(context, id);
      }),
    );
}

interface OpenFlags {
  readonly with?: 'drgn' | 'crash' | 'gdb';
  readonly vmlinux?: string;
  readonly modules?: readonly string[];
}

function addOpen(crash: Command, runCommand: RunCommand): void {
  crash
    .command('open')
    .summary('drgn, crash or gdb on its memory')
    .description(
      'Start drgn, else crash, else gdb on the memory of a kept crash, with the symbols of that\n' +
        "kernel and of the modules in the crash. Words behind -- are the program's.",
    )
    .argument('[number]', 'as crash list has it (default: the newest)')
    .argument('[words...]', "behind --: the program's own words")
    .addOption(new Option('--with <program>', 'which of them').choices(['drgn', 'crash', 'gdb']))
    .option('--vmlinux <file>', "the kernel's symbols (default: of its build, or its package)")
    .option('--modules <folder>', 'look for modules there too; repeatable', collectWord)
    .addHelpText(
      'after',
      examples(
        'utopia crash open',
        'utopia crash open 2 --with crash',
        'utopia crash open 2 -- find-lock.py',
      ),
    )
    .action((_number, _words, options: OpenFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { folder: text, words } = splitWords(command, 'crashes');
        const number = text === undefined ? undefined : readNumber(text);
        const { runCrashOpen } = await import('../commands/crash-open.ts');
        process.exitCode = await runCrashOpen(context, globals, {
          ...{ number, words, reader: options.with, vmlinux: options.vmlinux },
          modules: (options.modules ?? []).map((each) => resolve(context.cwd, each)),
        });
      }),
    );
}

function readNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UtopiaError('usage', `"${text}" is no number of a crash.`, {
    hint: "utopia crash list has the numbers; the program's own words come behind --",
  });
}

function collectNumber(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), count(text)];
}
