import { existsSync } from 'node:fs';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { Dial } from '../../guest/private-connection.ts';
import { signalProcess, type ProcessIdentity } from '../../system/process.ts';
import { isSshOpen, readState, writeState, type MachineState } from '../../machine/state.ts';
import { addForward, sshForward } from '../../qmp/qmp-forwards.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { privateDial } from './private-dial.ts';

/**
 * A running machine's SSH where it has no port of this host yet. A guest that somebody else was
 * connected to meanwhile stands still, and is ended: going on, it would let him in.
 */
export function dialTo(qmpSocket: string, qemu: ProcessIdentity): Dial {
  const ended = (): true | undefined => (existsSync(`/proc/${qemu.pid}`) ? undefined : true);
  const dial = privateDial({ qmpSocket, exit: ended });
  return async (signal) => {
    try {
      return await dial(signal);
    } catch (error) {
      if (error instanceof UtopiaError && error.code === 'guest-exposed') {
        await signalProcess(qemu, 'SIGKILL');
      }
      throw error;
    }
  };
}

/**
 * Opens the ports of this host that lead to the guest's SSH, of a machine that was started without
 * them. Gives its state. Throws `port-busy` where somebody else has taken the port meanwhile.
 */
export async function openSshPort(
  context: LifecycleContext,
  machine: LocatedMachine,
  state: MachineState,
): Promise<MachineState> {
  if (isSshOpen(state)) return state;
  const { paths } = machine;
  const opened = { ...((await readState(paths)) ?? state), sshOpen: true };
  await withMonitor(context, machine, { qemu: state.qemu, state }, async (client) => {
    await addForward(client, sshForward(state.ssh));
    await writeState(paths, opened);
    for (const forward of state.plan.forwards.filter(({ guestPort }) => guestPort === 22)) {
      await addForward(client, forward);
    }
  });
  return opened;
}
