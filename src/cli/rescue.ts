import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { addConfigFlags, configFlags, type ParsedOptions } from './config-flags.ts';
import { examples } from './help.ts';
import { seconds, stallSeconds } from './numbers.ts';

interface RescueFlags extends ParsedOptions {
  readonly attach?: boolean;
  readonly fsck?: boolean;
  readonly detach?: boolean;
  readonly timeout?: number;
  readonly stall: number;
  readonly yes?: boolean;
}

/** The command for a machine that does not boot any more. */
export function addRescue(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('rescue')
    .summary('boot a broken machine')
    .description(
      'Boot a machine that no longer boots, with the kernel, the initramfs and the\n' +
        'arguments of its image: its own /boot takes no part, and may be empty. Where its\n' +
        'system does not come up either, --attach starts a fresh machine of the image, with\n' +
        'the broken disk mounted at /mnt/broken.',
    )
    .option('--attach', 'attach the disk to a fresh machine, which is thrown away')
    .option('--fsck', 'with a snapshot before: have e2fsck mend the disk; implies --attach')
    .option('-d, --detach', 'return when SSH answers; the machine stays')
    .option(
      '--timeout <seconds>',
      'limit for the boot (default: none while there is activity)',
      seconds,
    )
    .option('--stall <seconds>', 'give up after this long without activity', stallSeconds, 120)
    .option('-y, --yes', 'agree that the memory of a suspended machine is lost')
    .addHelpText(
      'after',
      examples(
        'utopia rescue',
        'utopia rescue --attach --detach && utopia cp :/mnt/broken/home/user/lab .',
        'utopia rescue --fsck',
      ),
    );
  addConfigFlags(command, ['UTOPIA_MEMORY_MB', 'UTOPIA_CPUS', 'UTOPIA_ACCEL']).action(
    (options: RescueFlags, self: Command) =>
      runCommand(self, async (context, globals) =>
        (await import('../commands/rescue.ts')).runRescue(context, globals, {
          attach: options.attach === true || options.fsck === true,
          fsck: options.fsck === true,
          detach: options.detach === true,
          timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
          stallMs: options.stall * 1000,
          yes: options.yes === true,
          flags: configFlags(options, context.cwd),
        }),
      ),
  );
}
