import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { tryGuidePasswords, type PasswordVerdict } from '../../guest/default-passwords.ts';
import type { HostAddress } from '../../machine/plan.ts';
import { isSshOpen, readState, writeState, type MachineState } from '../../machine/state.ts';
import { addForward, removeForward, sshForward } from '../../qmp/qmp-forwards.ts';
import type { Reporter } from '../lifecycle-context.ts';
import { guestAccess } from './find-guest.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';

/** Whether a machine's SSH can be reached from elsewhere now, and if not, why. */
export type Exposure =
  | { readonly kind: 'open'; readonly address: HostAddress }
  | { readonly kind: 'closed'; readonly because: string; readonly next: readonly string[] };

/**
 * Opens a running machine's SSH port on another address than loopback, once every
 * password of the guide is refused; with `anyway` without a look. Stays closed
 * where that cannot be found out. Throws `exposure-refused` when QEMU cannot bind.
 */
export async function exposeSsh(
  context: LifecycleContext,
  machine: LocatedMachine,
  state: MachineState,
  options: { readonly host: string; readonly anyway: boolean },
): Promise<Exposure> {
  const { host, anyway } = options;
  const address = { host, port: state.ssh.port };
  if (!isSshOpen(state)) {
    const because = 'the guest was not seen to take keys alone yet (UTOPIA_LOGIN=key)';
    return { kind: 'closed', because, next: ['utopia login key'] };
  }
  if (state.exposed?.host === host) return { kind: 'open', address };
  if (!anyway) {
    const running = { qemu: state.qemu, state };
    const access = await guestAccess(context, machine, running, 'root');
    const refusal = refuse(await tryGuidePasswords(access));
    if (refusal !== undefined) return refusal;
  }
  // One other address at a time.
  if (state.exposed !== undefined) await closeSsh(context, machine, state);
  await openPort(context, machine, state, address);
  await rememberExposed(machine, state, address);
  return { kind: 'open', address };
}

function refuse(verdict: PasswordVerdict): (Exposure & { readonly kind: 'closed' }) | undefined {
  switch (verdict.kind) {
    case 'none':
      return undefined;
    case 'accepted': {
      const { accounts } = verdict;
      const verb = accounts.length > 1 ? 'have' : 'has';
      return {
        kind: 'closed',
        because: `${accounts.join(' and ')} still ${verb} the guide's password`,
        next: accounts.map((account) => `utopia passwd ${account}`),
      };
    }
    case 'unknown':
      return {
        kind: 'closed',
        because: `the guide's passwords could not be tried: ${verdict.because}`,
        next: ['utopia expose   (tries again)'],
      };
    default:
      return verdict satisfies never;
  }
}

async function openPort(
  context: LifecycleContext,
  machine: LocatedMachine,
  state: MachineState,
  address: HostAddress,
): Promise<void> {
  await withMonitor(context, machine, { qemu: state.qemu, state }, async (client) => {
    // All addresses and one of them cannot be listened on side by side.
    const all = address.host === '0.0.0.0';
    if (all) await removeForward(client, sshForward(state.ssh));
    try {
      await addForward(client, sshForward(address));
    } catch (error) {
      if (all) await addForward(client, sshForward(state.ssh));
      if (!(error instanceof UtopiaError)) throw error;
      throw new UtopiaError('exposure-refused', error.message, {
        hint: 'Is it an address of this host, and is the port free there? ip address; ss -tln',
      });
    }
  });
}

/** Closes the port to others again; loopback stays. Connections that are open go on. */
export async function closeSsh(
  context: LifecycleContext,
  machine: LocatedMachine,
  state: MachineState,
): Promise<void> {
  const { exposed } = state;
  if (exposed === undefined) return;
  await withMonitor(context, machine, { qemu: state.qemu, state }, async (client) => {
    await removeForward(client, sshForward(exposed));
    if (exposed.host === '0.0.0.0') await addForward(client, sshForward(state.ssh));
  });
  await rememberExposed(machine, state, undefined);
}

/** `readyAt` may have been written meanwhile. */
async function rememberExposed(
  { paths }: LocatedMachine,
  state: MachineState,
  exposed: HostAddress | undefined,
): Promise<void> {
  await writeState(paths, { ...((await readState(paths)) ?? state), exposed });
}

/** Said before the port is opened without a look, also with --quiet. */
export function warnLoudly(reporter: Reporter, host: string, port: number): void {
  reporter.alarm(
    [
      `--expose-anyway: port ${port} opens on ${host}, and nobody tried the passwords.`,
      'While root/root or user/user work, whoever reaches this host gets into the',
      'guest, and through it into your network.',
    ].join('\n'),
  );
}
