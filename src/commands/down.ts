import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findRunning } from '../machine/state.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import { lookForSuspended } from '../vmstate/suspended.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import {
  forgetEnded,
  stopReasonTexts,
  stopRunning,
  stopStepTexts,
  type StopState,
} from '../lifecycle/watch/stop-escalation.ts';

export interface DownOptions {
  /** Pull the plug at once. */
  readonly force: boolean;
  /** How long the guest may take to power down, in ms. */
  readonly timeoutMs: number;
}

/** `utopia down`: power the machine off, and say which rung of the ladder did it. */
export async function runDown(
  context: Context,
  globals: GlobalOptions,
  options: DownOptions,
): Promise<void> {
  const { config, paths } = await locateMachine(context, globals);
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
  const startedAt = performance.now();
  display.report({
    kind: 'moved',
    title: 'stop',
    detail: options.force ? 'pulling the plug' : 'powering off (Ctrl-C stops waiting)',
  });
  let state = { kind: 'well' } as StopState;
  try {
    const step = await stopRunning(running, paths, {
      powerDownMs: options.force ? 0 : options.timeoutMs,
      hurry: context.signal,
      onState: (found) => {
        if (found.kind === 'locked-up' && state.kind !== 'locked-up') {
          display.report({
            kind: 'note',
            text: 'a processor of the guest is locked up: it gets ten seconds',
          });
        }
        state = found;
      },
      onStep: (next) => {
        // The first Ctrl-C leaves the guest to its power-down: only a second one pulls the plug.
        const hopeless = ['halted', 'panicked', 'unstarted'].includes(state.kind);
        if (next === 'quit' && context.signal.aborted && !hopeless) {
          throw stillPoweringOff(config.name);
        }
        if (next === 'quit' && !options.force && state.kind === 'well') {
          display.report({ kind: 'note', text: 'the guest did not power down in time' });
        }
      },
    });
    const elapsedMs = Math.round(performance.now() - startedAt);
    await forgetEnded(context, paths);
    display.close();
    const because = step === 'powered-down' || state.kind === 'well' ? undefined : state.kind;
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

function stillPoweringOff(name: string): UtopiaError {
  return new UtopiaError('interrupted', `Not waiting any longer; ${name} is still powering off.`, {
    hint: 'utopia status shows how far it is; utopia down --force pulls the plug.',
  });
}
