import type { Command } from 'commander';
import { examples } from './help.ts';
import type { RunCommand } from './run-command.ts';

interface SymbolsFlags {
  readonly mirror: string;
  readonly yes?: boolean;
}

/** `utopia kernel symbols`, below the given command `kernel`. */
export function addKernelSymbolsCommand(kernel: Command, runCommand: RunCommand): void {
  kernel
    .command('symbols')
    .summary("fetch the symbols of Debian's kernel")
    .description(
      "Fetch the symbols of the kernel that runs, out of Debian's debug package for it, which\n" +
        'is compared with the signed lists of the archive. What gdb, drgn and crash need of it\n' +
        'is kept in the cache, and found by them. A download that stopped is continued.',
    )
    .argument('[kernel]', 'as uname -r prints it (default: what the machine runs)')
    .option('--mirror <url>', 'Debian mirror', 'http://deb.debian.org/debian')
    .option('-y, --yes', 'agree to the download, which is large')
    .addHelpText(
      'after',
      examples('utopia kernel symbols', 'utopia kernel symbols 6.1.0-57-amd64 --yes'),
    )
    .action((release: string | undefined, { mirror, yes }: SymbolsFlags, command: Command) =>
      runCommand(command, async (context, globals) => {
        const { runKernelSymbols } = await import('../commands/kernel-symbols.ts');
        await runKernelSymbols(context, globals, { release, mirror, yes: yes === true });
      }),
    );
}
