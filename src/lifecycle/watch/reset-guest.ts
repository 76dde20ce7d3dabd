import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { isAlive } from '../../system/process.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { hangsMs, pressEveryMs } from '../../machine/stop.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { pressKeys } from '../../qmp/input.ts';
import { powerDown, queryStatus, reset, resume, setShutdownAction } from '../../qmp/queries.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { lookAtGuest } from './guest-state.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';

/**
 * How a guest came to its end: it shut down by its power button, rebooted by itself (Ctrl-Alt-Del,
 * or somebody in it), or is to be reset without either.
 */
export type RebootStep = 'shut-down' | 'rebooted' | 'reset';

/** Between two looks at the guest. */
const lookMs = 250;

/**
 * Has the guest shut down, with QEMU left running: `-action shutdown=pause` (QEMU 6.0) is what
 * libvirt reboots by, too. An older QEMU gets Ctrl-Alt-Del, at which systemd reboots. One that has
 * halted or panicked is not asked, one that hangs for ten seconds. The connection to QEMU is a
 * new one for each request, so that `down` and `status` get their turn.
 */
export async function shutDownGuest(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  { force, timeoutMs }: Pick<RebootOptions, 'force' | 'timeoutMs'>,
  display: ProgressDisplay,
): Promise<RebootStep> {
  const talk = async <T>(request: (client: QmpClient) => Promise<T>): Promise<T> =>
    await withMonitor(context, located, running, request);
  if (force) return 'reset';
  const firmware = await sizeOf(located.paths.firmwareLog);
  const stays = await talk(async (client) => await setShutdownAction(client, 'pause'));
  const press = async (client: QmpClient): Promise<void> =>
    stays ? await powerDown(client) : await pressKeys(client, ['ctrl', 'alt', 'delete']);
  const ending = async (): Promise<RebootStep> => {
    const startedAt = performance.now();
    let hungAt: number | undefined;
    let pressedAt = -pressEveryMs;
    for (;;) {
      const elapsedMs = performance.now() - startedAt;
      if (!(await isAlive(running.qemu))) {
        throw new UtopiaError('guest-ended', 'The machine ended instead of rebooting.', {
          hint: 'utopia up',
        });
      }
      if ((await sizeOf(located.paths.firmwareLog)) !== firmware) return 'rebooted';
      if ((await talk(queryStatus)).status === 'shutdown') return 'shut-down';
      if (elapsedMs - pressedAt >= pressEveryMs) {
        pressedAt = elapsedMs;
        const guest = await talk(
          async (client) =>
            await lookAtGuest(client, { running, paths: located.paths, toBeStopped: true }),
        );
        if (guest.kind === 'halted' || guest.kind === 'panicked') return 'reset';
        if (guest.kind !== 'locked-up') hungAt = undefined;
        else if (hungAt === undefined) {
          hungAt = elapsedMs;
          const text = 'a processor of the guest is locked up: it gets ten seconds';
          display.report({ kind: 'note', text });
        } else if (elapsedMs - hungAt >= hangsMs) return 'reset';
        if (elapsedMs >= timeoutMs) {
          display.report({ kind: 'note', text: 'the guest did not shut down in time' });
          return 'reset';
        }
        await talk(press);
      }
      await sleep(lookMs, undefined, { signal: context.signal }).catch(() => {
        throw new UtopiaError('interrupted', 'Not waiting any longer; the guest may end yet.', {
          hint: 'utopia status shows how it stands; utopia reboot --force resets it.',
        });
      });
    }
  };
  // Where it is not ours to reset, a guest that powers off ends its QEMU again.
  const uninterrupted = { ...context, signal: context.urgentSignal };
  const undo = async (): Promise<void> =>
    await setBack(
      async (request) => await withMonitor(uninterrupted, located, running, request),
      running,
    ).catch(() => {});
  try {
    const step = await ending();
    if (step === 'rebooted') await undo();
    return step;
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Resets the machine and lets it run; then a guest that powers off ends its QEMU again. */
export async function startGuestAnew(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<void> {
  // Not left half way by Ctrl-C.
  const uninterrupted = { ...context, signal: context.urgentSignal };
  await withMonitor(uninterrupted, located, running, async (client) => {
    await reset(client);
    if (!(await queryStatus(client)).running) await resume(client);
  });
  await setBack(
    async (request) => await withMonitor(uninterrupted, located, running, request),
    running,
  );
}

async function setBack(
  talk: (request: (client: QmpClient) => Promise<boolean>) => Promise<boolean>,
  { state }: RunningMachine,
): Promise<void> {
  // Whoever had QEMU stay by arguments of his own goes on having it so.
  const own = (state?.plan.extraArgs ?? []).join(' ');
  if (/-no-shutdown\b|\bshutdown=pause\b/.test(own)) return;
  await talk(async (client) => await setShutdownAction(client, 'poweroff'));
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

export interface RebootOptions {
  /** Reset at once. */
  readonly force: boolean;
  /** How long the guest may take to shut down, in ms. */
  readonly timeoutMs: number;
  /** Wait until SSH answers again. */
  readonly wait: boolean;
  /** A guest that shows no sign of life for so long while it boots, in ms, is not waited for. */
  readonly stallMs: number;
}
