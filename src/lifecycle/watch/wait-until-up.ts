import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../../errors.ts';
import { readState, type RunningMachine } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { isAlive } from '../../system/process.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { formatDuration } from '../../text/format.ts';
import { nameSilence } from './boot-display.ts';
import { findCondition } from './condition.ts';
import { findGuestState, lostGuest } from './lost-guest-error.ts';

const lookMs = 250;

/**
 * A guest that is paused for a reason that a reset does not mend, or that another utopia saves: throws
 * `machine-busy`.
 */
export async function refusePaused(
  context: LifecycleContext,
  { config, paths }: LocatedMachine,
  running: RunningMachine,
): Promise<void> {
  const condition = await findCondition(running, paths, context.now);
  const hint =
    condition === 'paused'
      ? 'utopia up resumes it.'
      : condition === 'out-of-space'
        ? 'Free some space on the host: it goes on by itself.'
        : undefined;
  if (hint === undefined) return;
  throw new UtopiaError('machine-busy', `${config.name} is paused and cannot reboot.`, {
    hint,
  });
}

/**
 * Waits for SSH of a guest that boots anew, as long as the console or the firmware says something at
 * least every `stallMs`. Throws `boot-failed`, and what the guest has come to.
 */
export async function waitUntilUp(
  context: LifecycleContext,
  located: LocatedMachine,
  { qemu }: RunningMachine,
  stallMs: number,
  display: ProgressDisplay,
): Promise<void> {
  const { config, paths } = located;
  let size = await logSize(located);
  const startedAt = performance.now();
  let movedAt = startedAt;
  for (;;) {
    const silence = nameSilence(performance.now() - movedAt);
    const detail = `waiting for SSH, ${formatDuration(performance.now() - startedAt)}${silence}`;
    display.report({ kind: 'moved', title: 'boot', detail });
    if (!(await isAlive(qemu))) {
      throw new UtopiaError('boot-failed', `${config.name} ended instead of booting again.`, {
        hint: 'utopia up starts it; utopia logs --qemu shows what QEMU said.',
      });
    }
    const state = await readState(paths);
    const now = { qemu, state };
    const condition = await findCondition(now, paths, context.now);
    if (condition === 'running') return;
    if (condition === 'panicked' || condition === 'halted' || condition === 'locked-up') {
      const guest = await findGuestState(located, now, context);
      if (guest.kind !== 'well') throw lostGuest(guest);
    }
    const next = await logSize(located);
    if (next !== size) movedAt = performance.now();
    size = next;
    if (performance.now() - movedAt >= stallMs) {
      throw new UtopiaError('boot-failed', `${config.name} boots, but SSH does not answer.`, {
        hint: 'utopia logs shows how far it came; utopia screenshot shows its screen.',
      });
    }
    await sleep(lookMs, undefined, { signal: context.signal }).catch(() => {
      throw new UtopiaError('interrupted', `Not waiting any longer; ${config.name} boots on.`, {
        hint: 'utopia status tells when it is up.',
      });
    });
  }
}

async function logSize({ paths }: LocatedMachine): Promise<number> {
  const sizes = await Promise.all(
    [paths.consoleLog, paths.firmwareLog].map(
      async (file) => (await stat(file).catch(() => ({ size: 0 }))).size,
    ),
  );
  return sizes.reduce((sum, each) => sum + each, 0);
}
