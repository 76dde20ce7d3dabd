import { stat } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import { createConsoleReader } from '../../guest/console-text.ts';
import { followFile } from '../../guest/follow-file.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { pressKeys } from '../../qmp/input.ts';
import { openDeadline } from '../../system/deadline.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';

/** How long the console may take to show the kernel's answer, also under emulation. */
const answerMs = 5_000;

/**
 * Presses Alt-SysRq and a key of `sysrqKeys`, and gives what the kernel answered on its console;
 * undefined where it stays silent. Throws `guest-refused` where the guest has that key disabled.
 */
export async function pressSysrq(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  key: string,
): Promise<string | undefined> {
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
  return answer;
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
