import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { addConfigFlags, configFlags, type ParsedOptions } from './config-flags.ts';
import { examples } from './help.ts';
import { seconds, stallSeconds } from './numbers.ts';

/** Commands that start, stop and show the machine of this folder. */
export function addMachineCommands(program: Command, runCommand: RunCommand): void {
  addUp(program, runCommand);
  addDown(program, runCommand);
  addReboot(program, runCommand);
  program
    .command('status')
    .summary('whether it runs')
    .description('Whether the machine runs, since when, and how to reach it.')
    .option('--exit-status', 'end with 0 only if it runs, else with 69')
    .addHelpText(
      'after',
      examples(
        'utopia status',
        'utopia status --json | jq -r .state',
        'utopia status --quiet --exit-status || utopia up --detach',
      ),
    )
    .action(async (options: { readonly exitStatus?: boolean }, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runStatus } = await import('../commands/status.ts');
        const status = await runStatus(context, globals);
        if (options.exitStatus === true) process.exitCode = status;
      });
    });
}

interface UpFlags extends ParsedOptions {
  readonly detach?: boolean;
  readonly wait: boolean;
  readonly timeout?: number;
  readonly stall: number;
  readonly ensure?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly here?: boolean;
  readonly exposeAnyway?: boolean;
  readonly debug?: boolean;
  readonly cold?: boolean;
  readonly bootEntry?: string;
}

function addUp(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('up')
    .summary('start and watch it')
    .description(
      'Start the machine of this folder, say how to reach it, and watch it until it ends.\n' +
        'Ctrl-C powers it off; a second Ctrl-C pulls the plug.',
    )
    .argument('[qemu-args...]', "behind --: arguments for QEMU, after utopia's own")
    .option('-d, --detach', 'return when SSH answers; the machine stays')
    .option('--ensure', 'one that runs already is no error: say how to reach it (0)')
    .option('--no-wait', 'with --detach: return as soon as QEMU runs')
    .option(
      '--timeout <seconds>',
      'limit for the boot (default: none while there is activity)',
      seconds,
    )
    .option('--stall <seconds>', 'give up after this long without activity', stallSeconds, 120)
    .option(
      '-y, --yes',
      'agree to what would be asked: a missing image, a share of the home folder',
    )
    .option(
      '--expose-anyway',
      'open UTOPIA_SSH_INTERFACE to the world although the passwords were not tried',
    )
    .option(
      '--boot-entry <version>',
      "this time boot a kernel of the machine's own disk: a version, previous, or menu",
    )
    .option('--cold', 'boot normally; discards any suspended state')
    .option('--debug', 'leave it before its first instruction, for utopia gdb')
    .option('--here', 'make a machine in this folder, although one above has one')
    .option('--dry-run', "print QEMU's command line and do nothing")
    .addHelpText(
      'after',
      examples(
        'utopia up',
        'utopia up --detach --memory 2G',
        'utopia up --ensure --detach',
        'utopia up --kernel mine',
        'utopia up --boot-entry previous',
        'utopia up --debug --kernel mine',
        'utopia up -- -device edu',
      ),
    );
  addConfigFlags(command).action(
    async (qemuArgs: readonly string[], options: UpFlags, self: Command) => {
      if (!options.wait && options.detach !== true) {
        self.error('error: --no-wait goes with --detach');
      }
      if (options.bootEntry !== undefined && options['kernel'] !== undefined) {
        self.error('error: --boot-entry and --kernel both name a kernel');
      }
      if (options.debug === true && options.ensure === true) {
        self.error('error: --debug starts a machine, and --ensure may leave one that runs');
      }
      await runCommand(self, async (context, globals) => {
        const { runUp } = await import('../commands/up.ts');
        const status = await runUp(context, globals, {
          detach: options.detach === true,
          wait: options.wait,
          timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
          stallMs: options.stall * 1000,
          ensure: options.ensure === true,
          yes: options.yes === true,
          dryRun: options.dryRun === true,
          here: options.here === true,
          exposeAnyway: options.exposeAnyway === true,
          cold: options.cold === true,
          debug: options.debug === true,
          bootEntry: options.bootEntry,
          qemuArgs,
          flags: configFlags(options, context.cwd),
        });
        if (status !== undefined) process.exitCode = status;
      });
    },
  );
}

function addDown(program: Command, runCommand: RunCommand): void {
  program
    .command('down')
    .summary('power it off')
    .description(
      'Power the machine off: by its power button, and if the guest does not react, by\n' +
        "QMP's quit, then by a signal to exactly this QEMU. Reports which step worked.",
    )
    .option('-f, --force', 'pull the plug at once')
    .option('--timeout <seconds>', 'how long the guest may take to power down', seconds, 90)
    .addHelpText('after', examples('utopia down', 'utopia down --timeout 20'))
    .action(
      async (options: { readonly force?: boolean; readonly timeout: number }, command: Command) => {
        await runCommand(command, async (context, globals) => {
          const { runDown } = await import('../commands/down.ts');
          await runDown(context, globals, {
            force: options.force === true,
            timeoutMs: options.timeout * 1000,
          });
        });
      },
    );
}

function addReboot(program: Command, runCommand: RunCommand): void {
  program
    .command('reboot')
    .summary('shut down, boot again')
    .description(
      'Have the guest shut down by its power button, and boot again, and wait until SSH\n' +
        'answers. QEMU stays, with share, forwards and disks. A guest that has halted or\n' +
        'panicked is reset at once, one that hangs after ten seconds.',
    )
    .option('-f, --force', 'reset it at once: what it has not written is lost')
    .option('--timeout <seconds>', 'how long the guest may take to shut down', seconds, 90)
    .option('--no-wait', 'return as soon as it boots')
    .option('--stall <seconds>', 'stop waiting after this long without activity', stallSeconds, 120)
    .addHelpText('after', examples('utopia reboot', 'utopia reboot --force'))
    .action(async (options: RebootFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runReboot } = await import('../commands/reboot.ts');
        await runReboot(context, globals, {
          force: options.force === true,
          timeoutMs: options.timeout * 1000,
          wait: options.wait,
          stallMs: options.stall * 1000,
        });
      });
    });
}

interface RebootFlags {
  readonly force?: boolean;
  readonly timeout: number;
  readonly wait: boolean;
  readonly stall: number;
}
