import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { isLoopback } from '../machine/plan.ts';
import { closeSsh, exposeSsh, warnLoudly } from '../lifecycle/watch/exposure.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { refuseUnreadable } from '../machine/state.ts';

export interface ExposeOptions {
  /** Close it again. */
  readonly off: boolean;
  /** Without a look at the passwords. */
  readonly anyway: boolean;
}

/** `utopia expose`: the running machine's SSH on UTOPIA_SSH_INTERFACE, if its passwords allow it. */
export async function runExpose(
  context: Context,
  globals: GlobalOptions,
  { off, anyway }: ExposeOptions,
): Promise<void> {
  const machine = await locateMachine(context, globals);
  const running = await requireRunning(machine);
  refuseUnreadable(machine.paths, running);
  const { state } = running;
  if (state === undefined) {
    throw new UtopiaError('ssh-unavailable', 'How this machine was started is not known.', {
      hint: 'utopia down, then utopia up',
    });
  }
  const { port } = state.ssh;
  if (off) {
    await closeSsh(context, machine, state);
    say(context, globals, { open: false }, `Port ${port} is open to this host only.`);
    return;
  }
  const host = machine.config.sshInterface;
  if (isLoopback(host)) {
    throw new UtopiaError('usage', `UTOPIA_SSH_INTERFACE is ${host}: only this host reaches it.`, {
      hint: 'UTOPIA_SSH_INTERFACE=0.0.0.0 utopia expose',
    });
  }
  if (anyway) warnLoudly(context.reporter, host, port);
  else await findGuest(context, globals, 'root');
  const exposure = await exposeSsh(context, machine, state, { host, anyway });
  if (exposure.kind === 'closed') {
    throw new UtopiaError(
      'exposure-refused',
      `Port ${port} stays closed to others: ${exposure.because}.`,
      { hint: exposure.next.join('\n') },
    );
  }
  const text = `Port ${port} is open on ${host}; utopia expose --off closes it.`;
  say(context, globals, { open: true, ...exposure.address }, text);
}

function say(
  { terminal }: Context,
  globals: GlobalOptions,
  result: Readonly<Record<string, unknown>>,
  text: string,
): void {
  if (globals.json) terminal.json({ schema: 1, ...result });
  else terminal.out(text);
}
