import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** `utopia image fetch` and `utopia image rebase`, below the given command `image`. */
export function addImageSourceCommands(image: Command, runCommand: RunCommand): void {
  image
    .command('fetch')
    .summary('download an image')
    .description(
      'Download an image: .raw or .qcow2, also packed as .gz or .xz, which is unpacked\n' +
        'on the way. A download that stopped is continued by the same command.',
    )
    .argument('<url>', 'its http or https address')
    .option('--sha256 <checksum>', 'what the downloaded file (as packed) must have')
    .option('-o, --output <file>', 'write the image here (default: the store)')
    .addHelpText(
      'after',
      examples('utopia image fetch https://example.org/cslab_rootfs_2024.raw.gz'),
    )
    .action(
      (
        url: string,
        options: { readonly sha256?: string; readonly output?: string },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/image-fetch.ts')).runImageFetch(context, globals, {
            url,
            sha256: options.sha256,
            output: options.output,
          }),
        ),
    );

  image
    .command('rebase')
    .summary('tell the private file where its image is now')
    .description(
      'Tell the private file where its backing file is now, after that was moved. The\n' +
        'image is compared with what was remembered of it; no contents are changed.',
    )
    .option('--to <file>', 'the new place (default: the configured backing file)')
    .option('-y, --yes', 'do not ask when nothing was remembered')
    .addHelpText('after', examples('utopia image rebase --to ~/images/cslab_rootfs_2024.raw'))
    .option('--force', 'also onto another image: the files of the guest may be damaged')
    .action(
      (
        options: { readonly to?: string; readonly yes?: boolean; readonly force?: boolean },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/image-rebase.ts')).runImageRebase(context, globals, {
            to: options.to,
            yes: options.yes === true,
            force: options.force === true,
          }),
        ),
    );
}
