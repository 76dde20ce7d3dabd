import type { Command } from 'commander';
import { examples } from './help.ts';
import { addKernelBuildCommands } from './kernel-build.ts';
import { addKernelConfigCommands } from './kernel-config.ts';
import { addKernelInstallCommands } from './kernel-install.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia kernel …`: each file of cli/kernel-*.ts adds its commands. */
export function addKernelCommands(program: Command, runCommand: RunCommand): void {
  const kernel = program
    .command('kernel')
    .summary('build, install kernels')
    .description(
      'Configure and build kernels for the machine, list and remove them, and install them\n' +
        'into the guest.',
    )
    .addHelpText(
      'after',
      examples('utopia kernel config', 'utopia kernel check', 'utopia kernel build'),
    );
  addKernelConfigCommands(kernel, runCommand);
  addKernelBuildCommands(kernel, runCommand);
  addKernelInstallCommands(kernel, runCommand);
}
