import type { Context, GlobalOptions } from '../context.ts';
import { findRunning } from '../machine/state.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import { lookForSuspended } from '../vmstate/suspended.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { powerOff, type PowerOffOptions } from '../lifecycle/watch/power-off.ts';
import { stopReasonTexts, stopStepTexts } from '../lifecycle/watch/stop-escalation.ts';

/** `utopia down`: power the machine off, and say which rung of the ladder did it. */
export async function runDown(
  context: Context,
  globals: GlobalOptions,
  options: PowerOffOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { config, paths } = located;
  const { terminal } = context;
  const running = await findRunning(paths);
  if (running === undefined) {
    if (globals.json) terminal.json({ schema: 1, name: config.name, step: 'gone' });
    else {
      const { kind } = await lookForSuspended(config.privateFile);
      terminal.out(`${config.name} is ${kind === 'absent' ? 'not running' : 'suspended'}.`);
      if (kind === 'read') {
        terminal.out('  utopia up resumes it; utopia up --cold boots instead.');
      }
      if (kind === 'unreadable') {
        terminal.out('  The record of its memory cannot be read: utopia status says why.');
      }
    }
    return;
  }

  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const { step, because, elapsedMs } = await powerOff(
      context,
      located,
      running,
      options,
      display,
    );
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, name: config.name, step, because, elapsedMs });
    } else {
      const time = formatDuration(elapsedMs);
      const reason = because === undefined ? '' : `${stopReasonTexts[because]}, `;
      const text = `${config.name} is off after ${time}: ${reason}${stopStepTexts[step]}.`;
      for (const line of foldFor(terminal.stdout, text, terminal.columns)) terminal.out(line);
    }
  } finally {
    display.close();
  }
}
