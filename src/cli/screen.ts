import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';

/** Commands about the running machine's screen and keyboard. */
export function addScreenCommands(program: Command, runCommand: RunCommand): void {
  program
    .command('screenshot')
    .summary('its screen as a PNG')
    .description("What the guest's screen shows, as a PNG. Works without VNC, too.")
    .argument('[file]', 'default: NAME-DATE-TIME.png in the current folder')
    .addHelpText('after', examples('utopia screenshot', 'utopia screenshot panic.png'))
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runScreenshot } = await import('../commands/screenshot.ts');
        await runScreenshot(context, globals, { file });
      });
    });

  program
    .command('key')
    .summary('press keys, Alt-SysRq')
    .description(
      "Press keys on the guest's keyboard: names joined by - are pressed together,\n" +
        'arguments one after the other.',
    )
    .argument('[keys...]', 'such as ctrl-alt-del, f2, ret')
    .option('--list', 'print the names of all keys')
    .addHelpText('after', examples('utopia key ctrl-alt-del', 'utopia key r o o t ret'))
    .action(async (chords: readonly string[], options: { list?: boolean }, command: Command) => {
      if (chords.length === 0 && options.list !== true) {
        command.error('error: which keys? (utopia key --list names them)');
      }
      await runCommand(command, async (context, globals) => {
        const { runKeys } = await import('../commands/keys.ts');
        await runKeys(context, globals, { chords, list: options.list === true });
      });
    });

  program
    .command('sysrq')
    .summary('ask the kernel directly')
    .description(
      'Press Alt-SysRq and a key: the kernel answers on its console even when nothing else\n' +
        'does. Without a key, the table of what there is.',
    )
    .argument('[key]', 'a letter or digit')
    .addHelpText('after', examples('utopia sysrq t', 'utopia sysrq w', 'utopia sysrq'))
    .action(async (key: string | undefined, _options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runSysrq } = await import('../commands/sysrq.ts');
        await runSysrq(context, globals, { key });
      });
    });

  program
    .command('vnc')
    .summary('open its screen')
    .description(
      "Open the installed VNC viewer on the machine's screen. In an ssh login, print the\n" +
        'tunnel with which the computer in front of you sees it.',
    )
    .option('--print', 'only say where the screen is')
    .addHelpText(
      'after',
      examples('utopia vnc', 'UTOPIA_VNC=unix utopia up --detach && utopia vnc'),
    )
    .action(async (options: { readonly print?: boolean }, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runVnc } = await import('../commands/vnc.ts');
        await runVnc(context, globals, { print: options.print === true });
      });
    });
}
