import type { Command } from 'commander';
import { examples } from './help.ts';
import { seconds, stallSeconds } from './numbers.ts';
import type { RunCommand } from './run-command.ts';

/** Commands that bring kernels into the guest of a machine that runs. */
export function addKernelInstallCommands(kernel: Command, runCommand: RunCommand): void {
  kernel
    .command('install')
    .summary('install a build into the guest')
    .description(
      'Install a build into the guest of the running machine: modules, image, initramfs\n' +
        'and its entry of grub’s menu. A snapshot comes first. The guest then boots it once,\n' +
        'and the kernel that runs now stays the default until the new one has reached SSH.\n' +
        'When it panics or hangs, the machine comes back on the old one, and the crash is\n' +
        'explained (status 70, or 69 for one that does not boot for another reason).',
    )
    .argument('[build]', 'its name, as utopia kernel list prints it (default: the newest)')
    .option('-y, --yes', 'replace this version where the guest has it already')
    .option('--no-snapshot', 'save no snapshot first')
    .option('--timeout <seconds>', 'how long the guest may take to shut down', seconds, 90)
    .option('--stall <seconds>', 'what shows no sign of life for so many hangs', stallSeconds, 120)
    .addHelpText('after', examples('utopia kernel install', 'utopia kernel install my-build --yes'))
    .action(async (build: string | undefined, options: InstallFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runKernelInstall } = await import('../commands/kernel-install.ts');
        await runKernelInstall(context, globals, {
          build,
          yes: options.yes === true,
          snapshot: options.snapshot,
          timeoutMs: options.timeout * 1000,
          stallMs: options.stall * 1000,
        });
      });
    });

  kernel
    .command('default')
    .summary('what the guest boots, and what it has')
    .description(
      'Show which kernels the guest of the running machine has, which one it boots and\n' +
        'which one runs; or make one the default. previous is the default before this one.',
    )
    .argument('[version]', 'a version, as this command lists it, or previous')
    .addHelpText('after', examples('utopia kernel default', 'utopia kernel default previous'))
    .action(async (version: string | undefined, _options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runKernelDefault } = await import('../commands/kernel-default.ts');
        await runKernelDefault(context, globals, version);
      });
    });
}

interface InstallFlags {
  readonly yes?: boolean;
  readonly snapshot: boolean;
  readonly timeout: number;
  readonly stall: number;
}
