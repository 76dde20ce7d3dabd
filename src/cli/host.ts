import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

interface DoctorFlags {
  readonly root?: string;
  readonly check?: readonly string[];
  readonly for?: readonly string[];
  readonly list?: boolean;
  readonly explain?: string;
  readonly report?: string;
  readonly requireKvm?: boolean;
  readonly fix?: readonly string[] | true;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Commands about the host that machines run on. */
export function addHostCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('doctor')
    .summary('whether labs run here')
    .description(
      'Whether labs run on this host, how fast, and what to do about it. Looks at everything\n' +
        'that a machine needs, and ends with status 69 when labs cannot run. Changes nothing\n' +
        'without --fix, and with it nothing that it has not shown and asked for.',
    )
    .option('--check <id...>', 'only these checks (--list names them)')
    .option('--for <work...>', 'judge it for other work: kernel, qemu, module, image')
    .option('--list', 'print the ids of all checks and what each is about')
    .option('--explain <id>', 'print a page about a check: what it reads, causes, fixes')
    .option('--require-kvm', 'software emulation is not good enough')
    .option('--root <folder>', 'look at the host that this folder describes, not at this one')
    .option('--report <file>', 'write all of it into a text file to hand on, without names')
    .option('--fix [id...]', 'mend what can be mended: show the commands, ask once, run them')
    .option('-y, --yes', 'with --fix: do not ask')
    .option('--dry-run', 'with --fix: print a shell script of what would be done')
    .addHelpText(
      'after',
      examples(
        'utopia doctor',
        'utopia doctor --check kvm.works --verbose',
        'utopia doctor --fix',
        'utopia doctor --fix --dry-run',
        'utopia doctor --for kernel --fix',
      ),
    )
    .action(async (options: DoctorFlags, command: Command) => {
      const { fix, report } = options;
      if (fix === undefined && (options.yes === true || options.dryRun === true)) {
        command.error('error: --yes and --dry-run go with --fix');
      }
      if (report !== undefined && options.for !== undefined) {
        command.error('error: --report is about labs, and does not go with --for');
      }
      await runCommand(command, async (context, globals) => {
        const { runDoctor } = await import('../commands/doctor.ts');
        process.exitCode = await runDoctor(context, globals, {
          only: options.check ?? [],
          work: options.for ?? [],
          list: options.list === true,
          requireKvm: options.requireKvm === true,
          root: options.root,
          explain: options.explain,
          report,
          fix: fix === true ? [] : fix,
          yes: options.yes === true,
          dryRun: options.dryRun === true,
        });
      });
    });
}
