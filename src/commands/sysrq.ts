import { stat } from 'node:fs/promises';
import type { Context, GlobalOptions } from '../context.ts';
import { openDeadline } from '../system/deadline.ts';
import { UtopiaError } from '../errors.ts';
import { createConsoleReader } from '../guest/console-text.ts';
import { followFile } from '../guest/follow-file.ts';
import { pressKeys } from '../qmp/input.ts';
import { sysrqKeys } from '../qmp/sysrq.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';
import { refuseLostGuest } from '../lifecycle/watch/lost-guest-error.ts';
import { refuseStoppedGuest } from '../lifecycle/watch/stopped-guest.ts';

/** How long the console may take to show the kernel's answer, also under emulation. */
const answerMs = 5_000;

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
  const file = running.state?.plan.files.consoleLog ?? located.paths.consoleLog;
  const fromByte = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  await withMonitor(context, located, running, async (client) => {
    await pressKeys(client, ['alt', 'sysrq', key]);
  });
  const answer = await readAnswer(file, fromByte, context.signal);
  if (answer !== undefined && /disabled/.test(answer)) {
    throw new UtopiaError('guest-refused', `The guest's kernel has SysRq ${key} disabled.`, {
      details: [`| sysrq: ${answer}`],
      hint: 'utopia ssh -- sysctl kernel.sysrq=1      (until its next boot)',
    });
  }
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

/** The kernel's `sysrq: Show State`; undefined when the console stays silent. */
async function readAnswer(
  file: string,
  fromByte: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const end = openDeadline(answerMs, signal);
  const read = createConsoleReader();
  try {
    for await (const chunk of followFile(file, { fromByte, signal: end.signal })) {
      for (const line of read(chunk).lines) {
        const answer = /\bsysrq: (.*\S)/i.exec(line)?.[1];
        if (answer !== undefined) return answer;
      }
    }
  } finally {
    end.stop();
  }
  signal.throwIfAborted();
  return undefined;
}
