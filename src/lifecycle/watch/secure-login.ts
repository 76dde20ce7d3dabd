import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { closePasswords } from '../../guest/login-setting.ts';
import type { MachineState } from '../../machine/state.ts';
import { readState, writeState } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { guestAccess } from './find-guest.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { changeLogin } from './login-lock.ts';
import { openSshPort } from './ssh-port.ts';
import type { HeldPort } from '../launch/hold-port.ts';

const title = 'login';

/**
 * UTOPIA_LOGIN=key: closes password logins in a guest that no port of this host leads to yet, then
 * opens the port. Where that cannot be done the port stays closed, which is said, and the machine goes
 * on. Gives its state. Throws `guest-exposed`: then the guest must be ended.
 */
export async function secureLogin(
  context: LifecycleContext,
  located: LocatedMachine,
  state: MachineState,
  { report }: ProgressDisplay,
  held: HeldPort,
): Promise<MachineState> {
  const { port } = state.ssh;
  report({ kind: 'started', title });
  const startedAt = performance.now();
  try {
    const running = { qemu: state.qemu, state };
    const opened = await changeLogin(context, located, async () => {
      await closePasswords(await guestAccess(context, located, running, 'root'));
      await held.release();
      const known = { ...((await readState(located.paths)) ?? state), keyOnly: true };
      await writeState(located.paths, known);
      return await openSshPort(context, located, known);
    });
    const elapsedMs = performance.now() - startedAt;
    report({ kind: 'finished', title, detail: `by key alone; port ${port} is open`, elapsedMs });
    return opened;
  } catch (error) {
    // bringUp ends what was interrupted.
    if (!(error instanceof UtopiaError || context.signal.aborted)) throw error;
    if (error instanceof UtopiaError && error.code === 'guest-exposed') throw error;
    const because = error instanceof UtopiaError ? error.message : 'interrupted';
    report({ kind: 'warned', title, detail: `port ${port} stays closed: ${because}` });
    report({ kind: 'note', text: 'utopia ssh gets in all the same; utopia login key tries again' });
    return (await readState(located.paths)) ?? state;
  }
}
