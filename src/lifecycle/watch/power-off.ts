import { UtopiaError } from '../../errors.ts';
import type { RunningMachine } from '../../machine/state.ts';
import type { StopStep } from '../../machine/stop.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { forgetEnded, stopRunning, type StopState } from './stop-escalation.ts';

export interface PowerOffOptions {
  /** Pull the plug at once. */
  readonly force: boolean;
  /** How long the guest may take to power down, in ms. */
  readonly timeoutMs: number;
}

/** How a machine was powered off. */
export interface PoweredOff {
  readonly step: StopStep;
  /** How the guest was found that did not power down itself; undefined for one that is well. */
  readonly because: Exclude<StopState['kind'], 'well'> | undefined;
  readonly elapsedMs: number;
}

/**
 * Powers a running machine off, and forgets it. The first Ctrl-C ends the waiting, and leaves the
 * guest to its power-down: throws `interrupted` then; a second one ends QEMU.
 */
export async function powerOff(
  context: LifecycleContext,
  { config, paths }: Pick<LocatedMachine, 'config' | 'paths'>,
  running: RunningMachine,
  options: PowerOffOptions,
  display: ProgressDisplay,
): Promise<PoweredOff> {
  const startedAt = performance.now();
  display.report({
    kind: 'moved',
    title: 'stop',
    detail: options.force ? 'pulling the plug' : 'powering off (Ctrl-C stops waiting)',
  });
  let state = { kind: 'well' } as StopState;
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
  const because = step === 'powered-down' || state.kind === 'well' ? undefined : state.kind;
  return { step, because, elapsedMs };
}

function stillPoweringOff(name: string): UtopiaError {
  return new UtopiaError('interrupted', `Not waiting any longer; ${name} is still powering off.`, {
    hint: 'utopia status shows how far it is; utopia down --force pulls the plug.',
  });
}
