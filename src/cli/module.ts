import { Option, type Command } from 'commander';
import { examples } from './help.ts';
import { addModuleBuildCommand } from './module-build.ts';
import { addModuleLoadCommands } from './module-load.ts';
import { addModuleTestCommand } from './module-test.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia module …`: the loop of edit, build and try. */
export function addModuleCommands(program: Command, runCommand: RunCommand): void {
  const module = program
    .command('module')
    .summary('write and test modules')
    .description(
      "Make new modules, build them for the machine's kernel, on this host where that fits, and\n" +
        'test them in throwaway copies of the machine; load them into the running one.',
    )
    .addHelpText('after', examples('utopia module new hello', 'utopia module test hello'));
  addModuleNewCommand(module, runCommand);
  addModuleBuildCommand(module, runCommand);
  addModuleTestCommand(module, runCommand);
  addModuleLoadCommands(module, runCommand);
}

/** The kinds of src/module/skeleton/skeleton-files.ts; test/unit/module/skeleton.test.ts holds them equal. */
const kinds = ['hello', 'char', 'proc', 'misc', 'platform', 'ldisc'] as const;

function addModuleNewCommand(module: Command, runCommand: RunCommand): void {
  module
    .command('new')
    .summary('make a new module')
    .description(
      'Make a folder NAME with a small module that builds, passes its test and goes: Kbuild,\n' +
        'Makefile, source, test.sh, .clangd. Files that are there are never written over.',
    )
    .argument('<name>', 'small letters, digits and _')
    .addOption(
      new Option('--kind <kind>', 'what it drives (default: nothing, it says hello)').choices(
        kinds,
      ),
    )
    .addHelpText(
      'after',
      examples('utopia module new hello', 'utopia module new lunix --kind char'),
    )
    .action((name: string, { kind = 'hello' }: { readonly kind?: Kind }, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/module-new.ts')).runModuleNew(context, globals, { name, kind }),
      ),
    );
}

type Kind = (typeof kinds)[number];
