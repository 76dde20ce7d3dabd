import type { Command } from 'commander';
import type { RunCommand } from '../cli.ts';
import { examples } from './help.ts';

interface DoctorFlags {
  readonly root?: string;
  readonly check?: readonly string[];
  readonly list?: boolean;
  readonly requireKvm?: boolean;
}

/** Commands about the host that machines run on. */
export function addHostCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('doctor')
    .summary('whether labs run here')
    .description(
      'Whether labs run on this host, how fast, and what to do about it. Looks at everything\n' +
        'that a machine needs, changes nothing, and ends with status 69 when labs cannot run.',
    )
    .option('--check <id...>', 'only these checks (--list names them)')
    .option('--list', 'print the ids of all checks and what each is about')
    .option('--require-kvm', 'software emulation is not good enough')
    .option('--root <folder>', 'look at the host that this folder describes, not at this one')
    .addHelpText('after', examples('utopia doctor', 'utopia doctor --check kvm.works --verbose'))
    .action(async (options: DoctorFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runDoctor } = await import('../commands/doctor.ts');
        process.exitCode = await runDoctor(context, globals, {
          only: options.check ?? [],
          list: options.list === true,
          requireKvm: options.requireKvm === true,
          root: options.root,
        });
      });
    });
}
