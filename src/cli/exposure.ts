import { Argument, type Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** Commands about who may reach the guest from elsewhere. */
export function addExposureCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('passwd')
    .summary('change a password there')
    .description(
      "Give an account of the guest a new password, over ssh. If the machine's port waits\n" +
        'for that to be opened on UTOPIA_SSH_INTERFACE, it is tried again.',
    )
    .argument('[account]', 'account in the guest', 'root')
    .option('--stdin', 'read the password from stdin instead of asking twice')
    .addHelpText(
      'after',
      examples('utopia passwd user', 'pass show lab | utopia passwd root --stdin'),
    )
    .action(async (account: string, options: { readonly stdin?: boolean }, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runPasswd } = await import('../commands/passwd.ts');
        await runPasswd(context, globals, { account, stdin: options.stdin === true });
      });
    });

  program
    .command('login')
    .summary('let a key in alone')
    .description(
      'How one gets into the running guest over SSH. key closes it to passwords, which every\n' +
        'user of this host knows: utopia has a key. password undoes it. Without a word it\n' +
        'says which it is. The console is left as it is. UTOPIA_LOGIN does it at each start.',
    )
    .addArgument(new Argument('[how]', 'key or password').choices(['key', 'password']))
    .addHelpText('after', examples('utopia login', 'utopia login key'))
    .action(
      async (
        how: 'key' | 'password' | undefined,
        _options: Readonly<Record<string, unknown>>,
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runLogin } = await import('../commands/login.ts');
          await runLogin(context, globals, how);
        });
      },
    );

  program
    .command('expose')
    .summary('open SSH to others')
    .description(
      "Open the running machine's SSH on UTOPIA_SSH_INTERFACE, if the guest refuses the\n" +
        "guide's passwords (root/root, user/user). utopia up does the same by itself.",
    )
    .option('--off', 'close it again; this host still reaches it')
    .option('--expose-anyway', 'open it although the passwords were not tried')
    .addHelpText(
      'after',
      examples('UTOPIA_SSH_INTERFACE=0.0.0.0 utopia expose', 'utopia expose --off'),
    )
    .action(
      async (
        options: { readonly off?: boolean; readonly exposeAnyway?: boolean },
        command: Command,
      ) => {
        await runCommand(command, async (context, globals) => {
          const { runExpose } = await import('../commands/expose.ts');
          const { off = false, exposeAnyway: anyway = false } = options;
          await runExpose(context, globals, { off, anyway });
        });
      },
    );
}
