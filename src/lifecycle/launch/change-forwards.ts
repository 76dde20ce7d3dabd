import { collide, formatForward, readForward } from '../../config/forward-setting.ts';
import { Refusal } from '../../config/setting.ts';
import type { PortForward } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { probePort, suggestFreePort } from '../../host/port-state.ts';
import { isSshOpen, type MachineState } from '../../machine/state.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { addForward, queryForwards, removeForward } from '../../qmp/qmp-forwards.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { refuseBusyPort } from './port-holder.ts';

/** A forward that a rule asks for. */
export interface OpenedForward {
  readonly forward: PortForward;
  /** It was there before. */
  readonly already: boolean;
}

/**
 * Opens a port of this host that leads into a running guest, by a rule such as `8080:80`. `machine` is
 * undefined where nobody knows how it was started. Throws `usage`, `port-busy`, `exposure-refused`.
 */
export async function openForward(
  context: LifecycleContext,
  client: QmpClient,
  machine: MachineState | undefined,
  rule: string,
): Promise<OpenedForward> {
  const forward = readForward(rule);
  if (forward instanceof Refusal) throw refuse(rule, forward);
  const { host, hostPort, guestPort, protocol } = forward;
  if (guestPort === 22 && machine !== undefined && !isSshOpen(machine)) {
    throw new UtopiaError('exposure-refused', 'No port leads to SSH before passwords are closed.', {
      hint: 'utopia login key',
    });
  }
  const there = (await queryForwards(client)).find((each) => collide(each, forward));
  if (there !== undefined && there.guestPort === guestPort && there.host === host) {
    return { forward, already: true };
  }
  if (there !== undefined) {
    throw new UtopiaError(
      'port-busy',
      `Port ${hostPort} leads to port ${there.guestPort} of the guest already.`,
      there.guestPort === 22
        ? { hint: `That is SSH. Take another port: utopia forward ${hostPort + 1}:${guestPort}` }
        : { hint: `utopia forward --remove ${formatForward(there)}` },
    );
  }
  const state = protocol === 'tcp' ? await probePort(host, hostPort) : { free: true as const };
  if (!state.free) {
    const free = await suggestFreePort(host, hostPort + 1);
    throw await refuseBusyPort(context, `Port ${hostPort} of the host`, state, [
      free === undefined ? undefined : `utopia forward ${free}:${guestPort}      (${free} is free)`,
    ]);
  }
  await addForward(client, forward);
  return { forward, already: false };
}

/**
 * Closes a forward that is there, named by its rule or by the host's port alone. Throws `usage` where
 * there is none, and for that of SSH.
 */
export async function closeForward(client: QmpClient, rule: string): Promise<PortForward> {
  const forwards = await queryForwards(client);
  const forward = forwards.find((each) =>
    /^\d+$/.test(rule) ? each.hostPort === Number(rule) : sameRule(each, rule),
  );
  if (forward === undefined) {
    throw new UtopiaError('usage', `There is no forward ${rule}.`, {
      details: [`There are: ${forwards.map(formatForward).join(', ')}`],
      hint: 'utopia forward --list',
    });
  }
  if (forward.guestPort === 22) {
    throw new UtopiaError('usage', `${formatForward(forward)} is SSH, which utopia itself needs.`, {
      hint: 'UTOPIA_SSH_PORT chooses another port at the next start.',
    });
  }
  await removeForward(client, forward);
  return forward;
}

function sameRule(forward: PortForward, rule: string): boolean {
  const wanted = readForward(rule);
  return !(wanted instanceof Refusal) && formatForward(wanted) === formatForward(forward);
}

function refuse(rule: string, { message, hint }: Refusal): UtopiaError {
  return new UtopiaError('usage', `"${rule}" ${message}.`, {
    hint: hint ?? 'utopia forward 8080:80',
  });
}
