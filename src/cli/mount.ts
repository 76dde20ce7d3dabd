import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** `utopia mount`: the host's files in the guest. */
export function addMountCommand(program: Command, runCommand: RunCommand): void {
  program
    .command('mount')
    .summary('the shared folder there')
    .description(
      'Mount the shared folder in the guest, where its image does not do that itself, now\n' +
        'and at each boot. With --sshfs a folder of this host through its SSH server, as the\n' +
        'lab guide has it: you type your password.',
    )
    .argument('[folder]', 'where in the guest (default: /home/user/shared; sshfs: .../host)')
    .option('--once', "now only, without a line in the guest's /etc/fstab")
    .option('--sshfs [folder]', 'this folder of the host instead (default: your home)')
    .addHelpText(
      'after',
      examples('utopia mount', 'utopia mount --once /mnt', 'utopia mount --sshfs ~/linux /mnt'),
    )
    .action(
      async (
        folder: string | undefined,
        options: { readonly once?: boolean; readonly sshfs?: string | true },
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runMount } = await import('../commands/mount.ts');
          const { once = false, sshfs } = options;
          await runMount(context, globals, { folder, once, sshfs });
        });
      },
    );
}
