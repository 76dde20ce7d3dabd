import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { sysrqKeys } from '../qmp/sysrq-keys.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { refuseLostGuest } from '../lifecycle/watch/lost-guest-error.ts';
import { pressSysrq } from '../lifecycle/watch/press-sysrq.ts';
import { refuseStoppedGuest } from '../lifecycle/watch/stopped-guest.ts';

/**
 * `utopia sysrq`: presses Alt-SysRq and a key, and says what the kernel answered on
 * its console. Throws `guest-refused` where the guest has that key disabled, or answers nothing:
 * a script that asks for an effect must not take silence for it.
 */
export async function runSysrq(
  context: Context,
  globals: GlobalOptions,
  options: { readonly key: string | undefined },
): Promise<void> {
  const { terminal } = context;
  if (options.key === undefined) {
    if (globals.json) terminal.json({ schema: 1, keys: sysrqKeys });
    else for (const [key, does] of tableOfKeys()) terminal.out(`  ${key}  ${does}`);
    return;
  }
  const key = options.key.toLowerCase();
  if (!Object.hasOwn(sysrqKeys, key)) {
    throw new UtopiaError('usage', `"${options.key}" is not a SysRq key.`, {
      hint: 'utopia sysrq lists them.',
    });
  }
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const answer = await pressSysrq(context, located, running, key);
  if (globals.json) terminal.json({ schema: 1, key, answer: answer ?? null });
  if (answer === undefined) {
    await refuseStoppedGuest(context, located, running);
    await refuseLostGuest(context, located, running);
    throw new UtopiaError(
      'guest-refused',
      `Alt-SysRq-${key} was pressed, and the guest's console shows no answer.`,
      { hint: 'utopia screenshot shows its screen; utopia status, how the guest fares.' },
    );
  }
  if (!globals.json) {
    for (const line of wrapText(answer, terminal.columns)) terminal.out(line);
    if (!globals.quiet) terminal.err('utopia logs shows what came of it.');
  }
}

/** Digits, which differ only in the level, take one line. */
function tableOfKeys(): [string, string][] {
  return [
    ...Object.entries(sysrqKeys).filter(([key]) => !/\d/.test(key)),
    ['0-9', 'print messages up to this level on the console'],
  ];
}
