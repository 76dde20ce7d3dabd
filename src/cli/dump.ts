import { Option, type Command } from 'commander';
import { examples } from './help.ts';
import type { RunCommand } from './run-command.ts';

interface DumpFlags {
  readonly format: 'elf' | 'kdump';
  readonly force?: boolean;
}

/** `utopia dump`: the memory of the running machine. */
export function addDumpCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('dump')
    .summary('its memory, for drgn')
    .description(
      'Write the memory of the running machine into a file that drgn and crash read. The guest is\n' +
        'paused meanwhile, and goes on.',
    )
    .argument('<file>', 'where to; whole or not at all')
    .addOption(
      new Option('--format <format>', 'elf, for both; or kdump: packed, slower, for crash alone')
        .choices(['elf', 'kdump'])
        .default('elf'),
    )
    .option('-f, --force', 'replace a file of this name')
    .addHelpText(
      'after',
      examples('utopia dump /tmp/guest.elf', 'utopia dump --format kdump guest.kdump'),
    )
    .action((file: string, { format, force = false }: DumpFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runDump } = await import('../commands/dump.ts');
        await runDump(context, globals, { file, format, force });
      }),
    );
}
