import type { Command } from 'commander';
import { examples } from './help.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia qemu …`. */
export function addQemuCommands(program: Command, runCommand: RunCommand): void {
  const qemu = program
    .command('qemu')
    .summary('get QEMU’s source')
    .description('Get the source of QEMU, for exercises that change it.')
    .addHelpText('after', examples('utopia qemu get'));

  qemu
    .command('get')
    .summary("download QEMU's source")
    .description(
      "Download a release's source, look at its signature and unpack it. A download that\n" +
        'stopped is continued by the same command.',
    )
    .argument('[what]', 'a version, or the URL of an archive (default: newest stable)')
    .argument('[dir]', 'where to (default: ./qemu-VERSION)')
    .option('--from <url>', 'a mirror of https://download.qemu.org/')
    .option('--sha256 <checksum>', 'what the archive must have')
    .addHelpText('after', examples('utopia qemu get', 'utopia qemu get 9.2.0 ~/qemu'))
    .action(
      (
        what: string | undefined,
        folder: string | undefined,
        options: { readonly from?: string; readonly sha256?: string },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/qemu-get.ts')).runQemuGet(context, globals, {
            what,
            folder,
            from: options.from,
            sha256: options.sha256,
          }),
        ),
    );
}
