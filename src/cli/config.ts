import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { describeDefault } from '../config/example.ts';
import { factsOf, keyNames } from '../config/config-keys.ts';
import { wrapText } from '../ui/lines.ts';
import { addConfigFlags, configFlags, type ParsedOptions } from './config-flags.ts';
import { examples } from './help.ts';

/** Commands that write and show utopia.config. */
export function addConfigCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('init')
    .summary('write a utopia.config')
    .description(
      'Write a utopia.config in which every key is commented out; in a git repository also\n' +
        'a .gitignore for images and private files. An existing configuration is never touched.',
    )
    .addHelpText('after', examples('utopia init', 'utopia -C ~/lab2 init'))
    .action(async (_options: ParsedOptions, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runInit } = await import('../commands/init.ts');
        await runInit(context, globals);
      });
    });

  const config = program
    .command('config')
    .summary('settings and origins')
    .description('Show every setting of this folder, resolved, and where it comes from.')
    .addHelpText('after', examples('utopia config', 'UTOPIA_CPUS=4 utopia config --json'))
    .addHelpText('after', describeKeys);
  addConfigFlags(config).action(async (options: ParsedOptions, command: Command) => {
    await runCommand(command, async (context, globals) => {
      const { runConfig } = await import('../commands/config.ts');
      await runConfig(context, globals, { flags: configFlags(options, context.cwd) });
    });
  });
}

/** The keys for `utopia config --help`. */
function describeKeys(): string {
  const keys = keyNames.map((key) => {
    const facts = factsOf(key);
    const text = `${facts.description} Takes ${facts.takes}. Default: ${describeDefault(facts)}.`;
    return `  ${key}\n      ${wrapText(text, 74, '      ').join('\n')}`;
  });
  return `
Keys of utopia.config (KEY=value, as in a shell; nothing is executed):
${keys.join('\n')}

The first that is given counts: option, environment variable of the key's name,
.env beside utopia.config (your own settings, in the syntax of dotenv),
utopia.config, default.`;
}
