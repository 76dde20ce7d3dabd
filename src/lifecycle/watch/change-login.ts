import { UtopiaError } from '../../errors.ts';
import { closePasswords, openPasswords } from '../../guest/login-setting.ts';
import { readState, writeState, type MachineState } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { closeSsh, exposeSsh } from './exposure.ts';
import type { ReachableGuest } from './find-guest.ts';
import { openSshPort } from './ssh-port.ts';

/**
 * The guest takes keys alone from now on. Passwords are closed first, and only then the port is opened
 * that waits for it.
 */
export async function loginByKeyAlone(
  context: LifecycleContext,
  { machine, access }: ReachableGuest,
  state: MachineState,
): Promise<void> {
  await closePasswords(access);
  const known = { ...((await readState(machine.paths)) ?? state), keyOnly: true };
  await writeState(machine.paths, known);
  await openSshPort(context, machine, known);
}

/** The guest takes passwords again. Throws `usage` where the configuration closes them. */
export async function loginByPassword(
  context: LifecycleContext,
  { machine, access }: ReachableGuest,
  state: MachineState,
): Promise<void> {
  if (machine.config.login === 'key') {
    throw new UtopiaError('usage', 'UTOPIA_LOGIN is key: passwords stay closed.', {
      hint: 'UTOPIA_LOGIN=password utopia login password, and the same in utopia.config for the next start',
    });
  }
  const { exposed } = state;
  // What is open to other hosts is looked at anew: the guide's passwords may count again.
  if (exposed !== undefined) await closeSsh(context, machine, state);
  await openPasswords(access);
  const known = {
    ...((await readState(machine.paths)) ?? state),
    keyOnly: undefined,
    exposed: undefined,
  };
  await writeState(machine.paths, known);
  const opened = await openSshPort(context, machine, known);
  if (exposed === undefined) return;
  const exposure = await exposeSsh(context, machine, opened, { ...exposed, anyway: false });
  if (exposure.kind === 'open') return;
  context.reporter.warn(`Port ${exposed.port} is closed to other hosts: ${exposure.because}.`);
}
