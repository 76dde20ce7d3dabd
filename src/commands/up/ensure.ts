import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, GlobalOptions } from '../../context.ts';
import { openDeadline } from '../../system/deadline.ts';
import { UtopiaError } from '../../errors.ts';
import { findRunning } from '../../machine/state.ts';
import { conditionTexts, findCondition } from '../../lifecycle/watch/condition.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { printCard } from './say.ts';
import type { UpOptions } from '../../lifecycle/launch/types.ts';

/** Between two looks at a machine that another `utopia up` boots. */
const lookMs = 500;

/**
 * `utopia up --ensure` where the machine runs already: waits while it boots, unless with
 * `--no-wait`, and prints its card. Throws `machine-running` for one that is of no use as it
 * stands (its kernel has panicked, say), `machine-not-running` for one that ends meanwhile, and
 * `boot-failed` after `--timeout`.
 */
export async function ensureRunning(
  context: Context,
  globals: GlobalOptions,
  { wait, timeoutMs }: Pick<UpOptions, 'wait' | 'timeoutMs'>,
  located: LocatedMachine,
): Promise<void> {
  const { config, paths } = located;
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
      if (running.state !== undefined) {
        await printCard(context, globals, located, running.state, false);
      }
      return;
    }
  } finally {
    end.stop();
  }
}
