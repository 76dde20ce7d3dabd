import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { chooseShareOwner } from '../../machine/share-owner.ts';
import { startQemu } from '../../machine/start.ts';
import { forgetRunning, writeState, type RunningMachine } from '../../machine/state.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { bridgeSensors } from '../launch/start-sensor-bridge.ts';
import { startGuestAnew } from '../watch/reset-guest.ts';
import { stopRunning } from '../watch/stop-escalation.ts';

/**
 * Whether a kernel other than the one that ran boots in a new QEMU only: under emulation, a reset
 * QEMU 7.2 goes on with code that it has translated for the kernel before, and the next one crawls
 * in its decompressor for minutes (measured: 190 s instead of 13 s). KVM translates nothing. Pure.
 */
export function needsNewQemu({ state }: Pick<RunningMachine, 'state'>): boolean {
  return state?.plan.accelerator === 'tcg';
}

/**
 * Boots a machine whose guest is down, or of no use any more, from its start: by a new QEMU with the
 * same arguments where that is needed, else by a reset. An `utopia up` that watched the old one ends
 * with it; the machine runs on without. Under the machine's lock. Throws `boot-failed` where QEMU
 * does not start again.
 */
export async function bootAnew(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<RunningMachine> {
  const { state } = running;
  if (state === undefined || !needsNewQemu(running)) {
    await startGuestAnew(context, located, running);
    return running;
  }
  const { paths } = located;
  await stopRunning(running, paths, { powerDownMs: 0 });
  await forgetRunning(paths);
  // It boots, whatever the one before went on from; what had opened SSH to others is closed.
  const plan = { ...state.plan, memory: undefined };
  const owner = await chooseShareOwner(plan, state.backingFile);
  const started = await startQemu(plan, paths, owner.kind === 'mapped' ? owner : {});
  const { exposed: _exposed, sshOpen: _sshOpen, warm: _warm, readyAt: _readyAt, ...kept } = state;
  const fresh = {
    ...{ ...kept, plan, qemu: started.identity, shareOwner: owner.kind },
    startedAt: context.now().toISOString(),
  };
  await writeState(paths, fresh);
  if (plan.sensorPort) await bridgeSensors(context, located, started.identity);
  started.detach();
  const exit = started.exit();
  if (exit === undefined) return { qemu: started.identity, state: fresh };
  throw new UtopiaError('boot-failed', `QEMU ended at once when ${fresh.name} was started anew.`, {
    hint: 'utopia up says why.',
  });
}
