import type { Command } from 'commander';
import { examples } from './help.ts';
import { addKernelBuildCommands } from './kernel-build.ts';
import { addKernelConfigCommands } from './kernel-config.ts';
import { addKernelGetCommand } from './kernel-get.ts';
import { addKernelInstallCommands } from './kernel-install.ts';
import { addKernelSymbolsCommand } from './kernel-symbols.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia kernel …`: each file of cli/kernel-*.ts adds its commands. */
export function addKernelCommands(program: Command, runCommand: RunCommand): void {
  const kernel = program
    .command('kernel')
    .summary('get and build kernels')
    .description(
      'Get, configure and build kernels for the machine, list and remove them, and install\n' +
        'them into the guest.',
    )
    .addHelpText(
      'after',
      examples('utopia kernel get', 'utopia kernel config', 'utopia kernel build'),
    );
  addKernelGetCommand(kernel, runCommand);
  addKernelConfigCommands(kernel, runCommand);
  addKernelBuildCommands(kernel, runCommand);
  addKernelInstallCommands(kernel, runCommand);
  addKernelSymbolsCommand(kernel, runCommand);
}
