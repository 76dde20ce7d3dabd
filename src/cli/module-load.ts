import type { Command } from 'commander';
import { examples } from './help.ts';
import type { RunCommand } from './run-command.ts';
import { splitWords } from './split-words.ts';

/** `load`, `reload` and `unload`, for the running machine. */
export function addModuleLoadCommands(module: Command, runCommand: RunCommand): void {
  for (const [name, summary, again] of [
    ['load', 'build it, insert it into the machine', false],
    ['reload', 'the same, the one before taken out first', true],
  ] as const) {
    module
      .command(name)
      .summary(summary)
      .description(
        again
          ? 'Build the module of a folder, take the one before out of the running machine, and\n' +
              'insert the new one. Where that is refused, the reason is said.'
          : 'Build the module of a folder and insert it into the running machine. Where that is\n' +
              'refused, the reason is said: a symbol, another kernel, one that is loaded already.',
      )
      .usage('[options] [dir] [-- parameter=value...]')
      .argument('[dir...]', 'its folder (default: this one); behind -- parameters')
      .option('-y, --yes', 'agree to share the home folder with a copy that builds')
      .addHelpText(
        'after',
        examples(`utopia module ${name}`, `utopia module ${name} lunix -- debug=1`),
      )
      .action(
        async (_words: readonly string[], options: { readonly yes?: boolean }, self: Command) => {
          const { folder, words } = splitWords(self);
          await runCommand(self, async (context, globals) =>
            (await import('../commands/module-load.ts')).runModuleLoad(context, globals, {
              ...{ folder, parameters: words, again, yes: options.yes === true },
            }),
          );
        },
      );
  }
  module
    .command('unload')
    .summary('take modules out of the machine')
    .description(
      'Remove modules from the running machine: those that were built in a folder, or by their\n' +
        'names. Where that is refused, who uses it is said.',
    )
    .usage('[options] [dir | name...]')
    .argument('[words...]', 'names, or the folder that they were built in (default: this one)')
    .addHelpText('after', examples('utopia module unload', 'utopia module unload lunix'))
    .action((words: readonly string[], _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/module-load.ts')).runModuleUnload(context, globals, { words }),
      ),
    );
}
