import type { Command } from 'commander';
import { collectWord } from './repeatable.ts';
import type { RunCommand } from './run-command.ts';

import { examples } from './help.ts';

/** Commands about the configuration of a kernel. */
export function addKernelConfigCommands(kernel: Command, runCommand: RunCommand): void {
  kernel
    .command('config')
    .summary('make a .config that boots in this machine')
    .description(
      'Make a .config that boots in this machine: a base, what the machine needs, and what\n' +
        'you ask for, by the kernel’s own merge_config.sh and olddefconfig. A .config that is\n' +
        'there is kept as .config.orig. --with takes: kasan, kmemleak, lockdep, ubsan, kcsan,\n' +
        'gcov, debug, trace, faults, kunit, kgdb, rust (docs/kernel.md says what they do).',
    )
    .argument('[source]', 'the kernel tree', '.')
    .option('--base <base>', 'defconfig, tiny, image (of its kernel), or a file', 'defconfig')
    .option('--with <list>', 'options for a purpose, by name; repeatable', collectWord, [])
    .option('--set <option=value>', 'one option; repeatable', collectWord, [])
    .option('--fragment <file>', 'a file of options; repeatable', collectWord, [])
    .option('-o, --output <folder>', 'where objects go (make O=); default: the tree')
    .option('--menu', 'open menuconfig on it')
    .addHelpText(
      'after',
      examples(
        'utopia kernel config',
        'utopia kernel config ~/linux --base tiny -o ~/build',
        'utopia kernel config --with kasan,lockdep --set LOCALVERSION=-mine',
        'utopia kernel config --base image --menu',
      ),
    )
    .action((source: string, options: ConfigFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runKernelConfig } = await import('../commands/kernel-config.ts');
        process.exitCode = await runKernelConfig(context, globals, {
          source,
          base: options.base,
          with: options.with,
          set: options.set,
          fragments: options.fragment,
          output: options.output,
          menu: options.menu === true,
        });
      }),
    );

  kernel
    .command('check')
    .summary('say whether a kernel boots the machine')
    .description(
      'Say what happens when a kernel of this configuration boots the machine’s disk\n' +
        '(utopia up --kernel): whether it comes up as it is, needs an initramfs, or does\n' +
        'not boot, and which options to change. Of a bzImage the configuration lies in it\n' +
        '(CONFIG_IKCONFIG) or beside it. Status 69: it will not boot.',
    )
    .argument('[path]', 'a kernel tree, a .config, a bzImage, or a build by name', '.')
    .addHelpText(
      'after',
      examples('utopia kernel check', 'utopia kernel check arch/x86/boot/bzImage --json'),
    )
    .action((path: string, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runKernelCheck } = await import('../commands/kernel-check.ts');
        process.exitCode = await runKernelCheck(context, globals, { path });
      }),
    );
}

interface ConfigFlags {
  readonly base: string;
  readonly with: readonly string[];
  readonly set: readonly string[];
  readonly fragment: readonly string[];
  readonly output?: string;
  readonly menu?: true;
}
