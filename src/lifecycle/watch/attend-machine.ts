import { UtopiaError } from '../../errors.ts';
import { readQemuLog } from '../../machine/start.ts';
import type { StopStep } from '../../machine/stop.ts';
import { withoutWarnings } from '../../qemu-words.ts';
import { readSuspended } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { LaunchedMachine } from '../launch/launched-machine.ts';
import type { MachineSession } from './session.ts';
import { forgetEnded, stopRunning, type StopState } from './stop-escalation.ts';

/** How long a guest may take to power down after Ctrl-C; nobody waits longer without saying so. */
const powerDownMs = 180_000;

/** How a machine in the foreground has ended. */
export type AttendedEnd =
  | { readonly kind: 'suspended' }
  | { readonly kind: 'off' }
  /** By us, when we were interrupted. */
  | {
      readonly kind: 'powered-off';
      readonly step: StopStep;
      /** How the guest was found meanwhile. */
      readonly state: StopState;
      readonly elapsedMs: number;
    };

/**
 * Stays with a machine until it ends, and powers it off when `context.signal` aborts, of which
 * `powersOff` hears; the urgent signal pulls the plug. Throws `qemu-failed` where QEMU ends
 * unexpectedly.
 */
export async function attendMachine(
  context: LifecycleContext,
  { paths }: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
  powersOff: () => void,
): Promise<AttendedEnd> {
  const { signal } = context;
  let orderly = false;
  const halted = new Promise<'halted'>((resolve) => {
    session.onEvent((event) => {
      if (event.kind === 'shutdown') orderly = true;
      if (event.kind === 'halted') resolve('halted');
    });
  });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (signal.aborted) resolve('interrupted');
    signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const first = await Promise.race([session.exited, interrupted, halted, session.failed]);
  const running = { qemu: machine.started.identity, state: machine.state };
  if (first === 'interrupted') {
    powersOff();
    const startedAt = performance.now();
    let state = { kind: 'well' } as StopState;
    const step = await stopRunning(running, paths, {
      powerDownMs,
      hurry: context.urgentSignal,
      panicHeard: session.panicHeard(),
      onState: (found) => (state = found),
    });
    await forgetEnded(context, paths);
    return { kind: 'powered-off', step, state, elapsedMs: performance.now() - startedAt };
  }
  if (first === 'halted') await stopRunning(running, paths, { powerDownMs: 0 });
  await forgetEnded(context, paths);
  if ((await readSuspended(machine.plan.overlay)) !== undefined) return { kind: 'suspended' };
  if (first === 'halted' || first.code === 0 || orderly) return { kind: 'off' };
  const how = first.signal === null ? `status ${first.code}` : first.signal;
  throw new UtopiaError('qemu-failed', `QEMU ended unexpectedly (${how}).`, {
    details: withoutWarnings(await readQemuLog(paths)).slice(-10),
    hint: `The overlay is untouched by us; utopia up starts the machine again.`,
  });
}
