import type { Command } from 'commander';
import { examples } from './help.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia kernel get`, below the given command `kernel`. */
export function addKernelGetCommand(kernel: Command, runCommand: RunCommand): void {
  kernel
    .command('get')
    .summary("download a kernel's source")
    .description(
      "Download a release's source, compare its checksum and unpack it. A download that\n" +
        'stopped is continued by the same command. "debian" unpacks the linux-source package\n' +
        'of this host.',
    )
    .argument('[what]', 'a version, or the URL of an archive (default: newest stable)')
    .argument('[dir]', 'where to (default: ./linux-VERSION)')
    .option('--from <url>', 'a mirror of https://www.kernel.org/pub/linux/kernel/')
    .option('--sha256 <checksum>', 'what the archive must have')
    .addHelpText(
      'after',
      examples('utopia kernel get', 'utopia kernel get 6.12.3 ~/linux', 'utopia kernel get debian'),
    )
    .action(
      (
        what: string | undefined,
        folder: string | undefined,
        options: { readonly from?: string; readonly sha256?: string },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/kernel-get.ts')).runKernelGet(context, globals, {
            what,
            folder,
            from: options.from,
            sha256: options.sha256,
          }),
        ),
    );
}
