import type { Command } from 'commander';
import { examples } from './help.ts';
import { count } from './numbers.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia kernel build`, `list`, `remove` and `path`, below the given command `kernel`. */
export function addKernelBuildCommands(kernel: Command, runCommand: RunCommand): void {
  kernel
    .command('build')
    .summary('build a kernel and keep it')
    .description(
      'Build a configured kernel with its modules, show what the compiler complained of,\n' +
        'and keep it by its name, for utopia up --kernel NAME. What this host lacks is named\n' +
        'first. Ctrl-C leaves a build that the same command goes on with.',
    )
    .argument('[source]', "the kernel's source, or a folder of objects (default: this one)")
    .option('-j, --jobs <count>', 'things to do at a time (default: one a processor)', count)
    .option('-o, --output <folder>', 'put objects there (default: into the source)')
    .option('--name <name>', "what to call it (default: the kernel's release)")
    .option('--target <target...>', 'targets of make instead; nothing is kept then')
    .option('--llvm', 'build with clang and lld (LLVM=1)')
    .option('--ccache', 'let ccache compile')
    .addHelpText(
      'after',
      examples(
        'utopia kernel build',
        'utopia kernel build ~/linux-6.1 -o ~/build-6.1 --name ask3',
        'utopia kernel build --target kernel/fork.o',
      ),
    )
    .action((source: string | undefined, options: BuildFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/kernel-build.ts')).runKernelBuild(context, globals, {
          source,
          output: options.output,
          jobs: options.jobs,
          name: options.name,
          targets: options.target ?? [],
          llvm: options.llvm === true,
          ccache: options.ccache === true,
        }),
      ),
    );

  kernel
    .command('list')
    .summary('list the kernels that were built')
    .description('List the kernels that were built: size, age, what is in them.')
    .addHelpText('after', examples('utopia kernel list'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/kernel-list.ts')).runKernelList(context, globals),
      ),
    );

  kernel
    .command('remove')
    .summary('remove a build, or a kernel of the guest')
    .description(
      'Remove kernels that were built; source and objects stay. With --guest: versions that\n' +
        'are installed in the guest of the running machine.',
    )
    .argument('<name...>', 'names, as utopia kernel list (--guest: default) prints them')
    .option('--guest', 'out of the guest: image, modules, initramfs, its entry of the menu')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      examples('utopia kernel remove 6.1.192', 'utopia kernel remove --guest 6.1.192'),
    )
    .action((names: readonly string[], options: RemoveFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const yes = options.yes === true;
        if (options.guest === true) {
          const { runKernelRemoveGuest } = await import('../commands/kernel-remove-guest.ts');
          await runKernelRemoveGuest(context, globals, { versions: names, yes });
          return;
        }
        const { runKernelRemove } = await import('../commands/kernel-remove.ts');
        await runKernelRemove(context, globals, { names, yes });
      }),
    );

  kernel
    .command('path')
    .summary('print where a build is')
    .description('Print where a kernel that was built is, or another part of it.')
    .argument('<name>', 'its name, as utopia kernel list prints it')
    .option('--modules', 'the file system with its modules')
    .option('--config-file', 'its configuration')
    .option('--system-map', 'its System.map')
    .option('--source', 'the folder that it was built from')
    .option('--objects', 'the folder that it was built in, with vmlinux')
    .addHelpText('after', examples('utopia kernel path 6.1.192'))
    .action((name: string, options: PathFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/kernel-path.ts')).runKernelPath(context, globals, {
          name,
          part:
            options.modules === true
              ? 'modules'
              : options.configFile === true
                ? 'config'
                : options.systemMap === true
                  ? 'systemMap'
                  : options.source === true
                    ? 'source'
                    : options.objects === true
                      ? 'out'
                      : 'image',
        }),
      ),
    );
}

interface BuildFlags {
  readonly jobs?: number;
  readonly output?: string;
  readonly name?: string;
  readonly target?: readonly string[];
  readonly llvm?: boolean;
  readonly ccache?: boolean;
}

interface RemoveFlags {
  readonly guest?: boolean;
  readonly yes?: boolean;
}

interface PathFlags {
  readonly modules?: boolean;
  readonly configFile?: boolean;
  readonly systemMap?: boolean;
  readonly source?: boolean;
  readonly objects?: boolean;
}
