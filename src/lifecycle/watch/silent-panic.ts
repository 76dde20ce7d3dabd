import type { LifecycleContext } from '../lifecycle-context.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import type { Crash } from '../../crash/crash-event.ts';
import { findRunning } from '../../machine/state.ts';
import { findCondition } from './condition.ts';
import type { LocatedMachine } from '../launch/locate.ts';

/** Whether QEMU's panic device has reported a panic that the console says nothing of. */
export async function hasDevicePanic(
  context: LifecycleContext,
  { paths }: LocatedMachine,
  told: readonly Crash[],
): Promise<boolean> {
  if (told.some(({ panic }) => panic !== undefined)) return false;
  const running = await findRunning(paths);
  return (await findCondition(running, paths, context.now)) === 'panicked';
}

/** The event for it: nothing is known but that it was. */
export function silentPanic(told: readonly Crash[]): RepeatedCrash {
  const number = (told.at(-1)?.number ?? 0) + 1;
  const boot = told.at(-1)?.boot ?? 1;
  return {
    number,
    boot,
    kind: 'panic',
    message: 'Kernel panic, reported by the panic device; the console says nothing of it',
    panic: 'reported by the panic device; the console says nothing of it',
    trace: [],
    ownModules: [],
    text: '',
    repeated: 1,
  };
}
