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
        'of this host. In a clone, or with --from CLONE, a version is a tag, which gets a\n' +
        'working tree of its own: the branch that is checked out stays.',
    )
    .argument('[what]', 'a version, a tag, or the URL of an archive (default: newest stable)')
    .argument('[dir]', 'where to (default: ./linux-VERSION)')
    .option('--from <place>', 'a clone, or a mirror of https://www.kernel.org/pub/linux/kernel/')
    .option('--fetch', 'fetch the tag from the remote of the clone that has it not')
    .option('--sha256 <checksum>', 'what the archive must have')
    .addHelpText(
      'after',
      examples(
        'utopia kernel get',
        'utopia kernel get 6.12.3 ~/linux',
        'utopia kernel get debian',
        'utopia kernel get v6.12.3 --from ~/linux',
      ),
    )
    .action(
      (
        what: string | undefined,
        folder: string | undefined,
        options: { readonly from?: string; readonly sha256?: string; readonly fetch?: boolean },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/kernel-get.ts')).runKernelGet(context, globals, {
            what,
            folder,
            from: options.from,
            sha256: options.sha256,
            fetch: options.fetch === true,
          }),
        ),
    );
}
