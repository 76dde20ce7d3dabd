import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { addConfigFlags, configFlags, type ParsedOptions } from './config-flags.ts';
import { examples } from './help.ts';

/** Commands about what the machine has besides its root disk: exercise disks and devices. */
export function addDeviceCommands(program: Command, runCommand: RunCommand): void {
  const disks = program
    .command('disks')
    .summary('exercise disks')
    .description(
      'Show the exercise disks of the running machine, or those that the next start will\n' +
        'attach: size, file system, label, partitions, and their names in the guest.',
    )
    .addHelpText(
      'after',
      examples('utopia disks', 'utopia disks --disk ./fsdisk1.img --disk ./fsdisk2.img:ro'),
    );
  addConfigFlags(disks, ['UTOPIA_DISKS']).action(
    async (options: ParsedOptions, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runDisks } = await import('../commands/disks.ts');
        await runDisks(context, globals, configFlags(options, context.cwd));
      });
    },
  );

  program
    .command('devices')
    .summary('what this QEMU has')
    .description(
      'Show which devices that the courses use this QEMU was built with, what each is\n' +
        'for, and how an exercise gets it.',
    )
    .option('-y, --yes', 'agree to run a QEMU of the lab’s folder, from now on')
    .addHelpText('after', examples('utopia devices', 'QEMU_BUILD_DIR=~/opt/qemu utopia devices'))
    .action(async (options: { readonly yes?: boolean }, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runDevices } = await import('../commands/devices.ts');
        await runDevices(context, globals, { yes: options.yes === true });
      });
    });
}
