import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findLoginWay, type LoginWay } from '../guest/login-setting.ts';
import { sshFiles } from '../guest/ssh-key.ts';
import { isSshOpen, type MachineState } from '../machine/state.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { loginByKeyAlone, loginByPassword } from '../lifecycle/watch/change-login.ts';
import { findGuest, type ReachableGuest } from '../lifecycle/watch/find-guest.ts';
import { changeLogin } from '../lifecycle/watch/login-lock.ts';

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
    if (wanted === 'key') await loginByKeyAlone(context, guest, state);
    else await loginByPassword(context, guest, state);
  });
  tell(context, globals, guest, { way: wanted, changed: true, open: true });
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
