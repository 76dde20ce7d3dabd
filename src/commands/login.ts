import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import {
  closePasswords,
  findLoginWay,
  openPasswords,
  type LoginWay,
} from '../guest/login-setting.ts';
import { sshFiles } from '../guest/ssh-key.ts';
import { isSshOpen, readState, writeState, type MachineState } from '../machine/state.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { closeSsh, exposeSsh } from '../lifecycle/watch/exposure.ts';
import { findGuest, type ReachableGuest } from '../lifecycle/watch/guest-access.ts';
import { changeLogin } from '../lifecycle/watch/login-lock.ts';
import { openSshPort } from '../lifecycle/watch/ssh-port.ts';

/** `utopia login [key|password]`: how one gets into the running guest over SSH, or another way from now on. */
export async function runLogin(
  context: Context,
  globals: GlobalOptions,
  wanted: LoginWay | undefined,
): Promise<void> {
  const guest = await findGuest(context, globals, 'root');
  const { state } = guest.running;
  if (wanted === undefined) {
    const way = await findLoginWay(guest.access);
    tell(context, globals, guest, { way, changed: false, open: isOpen(state) });
    return;
  }
  if (state === undefined) {
    throw new UtopiaError('ssh-unavailable', 'How this machine was started is not known.', {
      hint: 'utopia down, then utopia up',
    });
  }
  await changeLogin(context, guest.machine, async () => {
    if (wanted === 'key') await toKey(context, guest, state);
    else await toPassword(context, guest, state);
  });
  tell(context, globals, guest, { way: wanted, changed: true, open: true });
}

/** Closed first, and only then the port is opened that waits for it. */
async function toKey(
  context: Context,
  { machine, access }: ReachableGuest,
  state: MachineState,
): Promise<void> {
  await closePasswords(access);
  const known = { ...((await readState(machine.paths)) ?? state), keyOnly: true };
  await writeState(machine.paths, known);
  await openSshPort(context, machine, known);
}

async function toPassword(
  context: Context,
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
  const { terminal } = context;
  terminal.err(
    `${terminal.symbols.warn} Port ${exposed.port} is closed to other hosts: ${exposure.because}.`,
  );
}

function isOpen(state: MachineState | undefined): boolean {
  return state === undefined || isSshOpen(state);
}

function tell(
  { terminal, cwd, env }: Context,
  globals: GlobalOptions,
  { machine, running, access }: ReachableGuest,
  {
    way,
    changed,
    open,
  }: { readonly way: LoginWay; readonly changed: boolean; readonly open: boolean },
): void {
  const { identityFile } = sshFiles(access.sshDir);
  const port = running.state?.ssh.port;
  if (globals.json) {
    terminal.json({
      schema: 1,
      login: way,
      setting: machine.config.login,
      open,
      port,
      identityFile,
    });
    return;
  }
  terminal.out(
    way === 'key'
      ? 'Over SSH the guest takes keys alone; its console takes passwords as before.'
      : 'Over SSH the guest takes passwords.',
  );
  if (!open) terminal.out(`Port ${port} is closed: utopia login key opens it.`);
  if (way === 'key') {
    terminal.out(`  key     ${shortenPath(identityFile, cwd, homeFolder(env))}   (X2Go, ssh -i)`);
  }
  if (!changed || globals.quiet) return;
  if (way === 'key') {
    terminal.err('Logins that are open now stay open; whoever came in before may have left a key.');
    if (machine.config.login === 'password') {
      terminal.err(
        'A utopia reset undoes it; UTOPIA_LOGIN=key in utopia.config holds at every start.',
      );
    }
  }
}
