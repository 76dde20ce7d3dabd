import { Option, type Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** Commands that go into the guest. */
export function addGuestCommands(program: Command, runCommand: RunCommand): void {
  addSsh(program, runCommand);
  addExec(program, runCommand);
  addCp(program, runCommand);
  addSshConfig(program, runCommand);
}

function addSsh(program: Command, runCommand: RunCommand): void {
  program
    .command('ssh')
    .summary('a shell or a command')
    .description(
      'A shell in the guest, or a command behind --, whose exit status is passed on.\n' +
        "One word is a line for the guest's shell; several reach the program as typed.",
    )
    .argument('[command...]', 'behind --: what to run in the guest')
    .option('-l, --login <name>', 'account in the guest', 'root')
    .option('-t, --tty', 'a terminal in the guest also for a command')
    .addHelpText(
      'after',
      examples('utopia ssh', 'utopia ssh -- uname -r', "utopia ssh -l user -- 'dmesg | tail'"),
    )
    .action(
      async (
        words: readonly string[],
        options: { readonly login: string; readonly tty?: boolean },
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runSsh } = await import('../commands/ssh.ts');
          const { login, tty = false } = options;
          // The guest's status is this command's result: any number, and no error of ours.
          process.exitCode = await runSsh(context, globals, { login, words, tty });
        });
      },
    );
}

function addExec(program: Command, runCommand: RunCommand): void {
  program
    .command('exec')
    .summary('a program, for scripts')
    .description(
      'Run a program in the guest without a terminal: its arguments arrive as typed, its\n' +
        'input and output pass through byte for byte, its exit status is passed on.\n' +
        "For a line of shell: utopia exec sh -c 'LINE', or utopia ssh -- 'LINE'.",
    )
    .argument('<command...>', 'the program and its arguments')
    .option('-l, --login <name>', 'account in the guest', 'root')
    .addHelpText(
      'after',
      examples(
        'utopia exec insmod /home/user/shared/lunix.ko',
        'utopia exec tar -C /var/log -cz . > logs.tar.gz',
      ),
    )
    .action(
      async (words: readonly string[], options: { readonly login: string }, command: Command) => {
        await runCommand(command, async (context, globals) => {
          const { runExec } = await import('../commands/ssh.ts');
          process.exitCode = await runExec(context, globals, { login: options.login, words });
        });
      },
    );
}

function addCp(program: Command, runCommand: RunCommand): void {
  program
    .command('cp')
    .summary('copy files')
    .description(
      'Copy files and folders between host and guest. A path with a colon in front is the\n' +
        "guest's and starts at the account's home; * and ? in it are matched there.\n" +
        'For a local name that begins with a colon write ./:name.',
    )
    .argument('<paths...>', 'what to copy, and last where to')
    .option('-l, --login <name>', 'account in the guest', 'root')
    .option('-p, --preserve', 'keep times and rights')
    .option('-r, --recursive', 'accepted for compatibility; folders are always copied')
    .addHelpText(
      'after',
      examples(
        'utopia cp lunix.ko :',
        'utopia cp -l user src/ notes.txt :work/',
        'utopia cp :/var/log/syslog .',
      ),
    )
    .action(
      async (
        paths: readonly string[],
        options: { readonly login: string; readonly preserve?: boolean },
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runCp } = await import('../commands/cp.ts');
          const { login, preserve = false } = options;
          await runCp(context, globals, { login, paths, preserve });
        });
      },
    );
}

function addSshConfig(program: Command, runCommand: RunCommand): void {
  program
    .command('ssh-config')
    .summary('for ssh, rsync, editors')
    .description(
      'Print a Host block with which plain ssh, scp, rsync, sshfs and editors reach this\n' +
        'machine as utopia-NAME; --install puts it where they look for it.',
    )
    .option('-l, --login <name>', 'account in the guest', 'root')
    .addOption(new Option('--install', 'add it to ~/.ssh/config').conflicts('remove'))
    .option('--remove', 'take it away again')
    .addHelpText(
      'after',
      examples('utopia ssh-config --install', 'utopia ssh-config >> ~/.ssh/config'),
    )
    .action(
      async (
        options: { readonly login: string; readonly install?: boolean; readonly remove?: boolean },
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runSshConfig } = await import('../commands/ssh-config.ts');
          const { login, install = false, remove = false } = options;
          const action = install ? 'install' : remove ? 'remove' : 'print';
          await runSshConfig(context, globals, { login, action });
        });
      },
    );
}
