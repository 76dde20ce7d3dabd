import type { RebootOptions } from '../lifecycle/watch/reset-guest.ts';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { isAlive } from '../system/process.ts';
import { findRunning, readState, type RunningMachine } from '../machine/state.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import { requireSuspended } from '../vmstate/suspended.ts';
import { nameSilence } from '../lifecycle/watch/boot-display.ts';
import { findCondition } from '../lifecycle/watch/condition.ts';
import { findGuestState, lostGuest } from '../lifecycle/watch/lost-guest-error.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import type { RebootStep } from '../lifecycle/watch/reset-guest.ts';
import { rebootGuest } from '../lifecycle/saved/reboot-guest.ts';

const lookMs = 250;

const stepTexts: Readonly<Record<RebootStep, string>> = {
  'shut-down': 'the guest shut down, and was started anew',
  rebooted: 'the guest rebooted',
  reset: 'the guest was reset',
};

/** `utopia reboot`: the same QEMU, with its share, forwards and disks; the guest boots anew. */
export async function runReboot(
  context: Context,
  globals: GlobalOptions,
  options: RebootOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { config } = located;
  const { terminal } = context;
  const startedAt = performance.now();
  await refuseSuspended(located);
  const running = await requireRunning(located);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const check = async (): Promise<void> => await refusePaused(context, located, running);
    const step = await rebootGuest(context, located, running, options, display, { check });
    if (options.wait) await waitUntilUp(context, located, running, options.stallMs, display);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (globals.json) {
      terminal.json({ schema: 1, name: config.name, step, elapsedMs });
    } else {
      const state = options.wait ? 'is up again' : 'boots';
      const text = `${config.name} ${state} after ${formatDuration(elapsedMs)}: ${stepTexts[step]}.`;
      for (const line of foldFor(terminal.stdout, text, terminal.columns)) terminal.out(line);
    }
  } finally {
    display.close();
  }
}

async function refuseSuspended({ config, paths }: LocatedMachine): Promise<void> {
  if ((await findRunning(paths)) !== undefined) return;
  if ((await requireSuspended(config.privateFile)) === undefined) return;
  throw new UtopiaError(
    'machine-not-running',
    `${config.name} is suspended: it is not running, and cannot reboot.`,
    { hint: 'utopia up, then utopia reboot; or utopia up --cold (what it has in memory is lost)' },
  );
}

/** One that stands still for a reason that a reset does not mend, or that another utopia saves. */
async function refusePaused(
  context: Context,
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

/** Waits for SSH as long as the console or the firmware says something. Throws `boot-failed`. */
async function waitUntilUp(
  context: Context,
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
