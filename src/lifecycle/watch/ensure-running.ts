import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../../errors.ts';
import { findRunning, type RunningMachine } from '../../machine/state.ts';
import { openDeadline } from '../../system/deadline.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { UpOptions } from '../launch/launched-machine.ts';
import { conditionTexts, findCondition } from './condition.ts';

/** Between two looks at a machine that another `utopia up` boots. */
const lookMs = 500;

/**
 * The machine that runs already: waits while it boots, unless `wait` is false. Throws
 * `machine-running` for one that is of no use as it stands (its kernel has panicked, say),
 * `machine-not-running` for one that ends meanwhile, and `boot-failed` after `timeoutMs`.
 */
export async function ensureRunning(
  context: LifecycleContext,
  { config, paths }: LocatedMachine,
  { wait, timeoutMs }: Pick<UpOptions, 'wait' | 'timeoutMs'>,
): Promise<RunningMachine> {
  const end = openDeadline(timeoutMs, context.signal);
  try {
    for (;;) {
      const running = await findRunning(paths);
      if (running === undefined) {
        throw new UtopiaError('machine-not-running', `${config.name} ended while it booted.`, {
          hint: 'utopia logs shows what it said; utopia up --ensure starts it again.',
        });
      }
      const condition = await findCondition(running, paths, context.now);
      if (condition === 'booting' && wait) {
        await sleep(lookMs, undefined, { signal: end.signal }).catch(() => {});
        context.signal.throwIfAborted();
        if (!end.passed()) continue;
        throw new UtopiaError('boot-failed', `${config.name} is still booting.`, {
          hint: 'utopia logs -f shows how far it is.',
        });
      }
      if (condition !== 'running' && condition !== 'booting') {
        throw new UtopiaError('machine-running', `${config.name} ${conditionTexts[condition]}.`, {
          hint: 'utopia down, then utopia up --ensure',
        });
      }
      return running;
    }
  } finally {
    end.stop();
  }
}
