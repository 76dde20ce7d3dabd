import { stat } from 'node:fs/promises';
import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { Dial } from '../../guest/private-connection.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { readBannerFrom, readSshBanner } from '../../guest/ssh-banner.ts';
import { findPortOwner } from '../../host/port-state.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { firstSshHost, reachable, type HostAddress } from '../../machine/plan.ts';
import {
  findRunning,
  isSshOpen,
  readState,
  refuseUnreadable,
  writeState,
  type RunningMachine,
} from '../../machine/state.ts';
import { watchGuestLoss } from './guest-loss.ts';
import { findLackOfMemory } from './lack-of-memory.ts';
import { findGuestState, refuseLostGuest } from './lost-guest-error.ts';
import { refuseStoppedGuest } from './stopped-guest.ts';
import { locateMachine, type LocatedMachine } from '../launch/locate.ts';
import { nameHolder } from '../launch/port-holder.ts';
import { dialTo } from './ssh-port.ts';

/** A guest that is up greets within this time, even a slow one under load. */
const bannerTimeoutMs = 4_000;

/** A machine that runs, and the way into its guest. */
export interface ReachableGuest {
  readonly machine: LocatedMachine;
  readonly running: RunningMachine;
  readonly access: GuestAccess;
}

/**
 * The running machine of this folder, whose SSH is known to answer. Throws
 * `machine-not-running`, and `ssh-unavailable` while it boots.
 */
export async function findGuest(
  context: LifecycleContext,
  globals: LifecycleOptions,
  login: string,
): Promise<ReachableGuest> {
  const machine = await locateMachine(context, globals);
  const running = await findRunning(machine.paths);
  if (running === undefined) {
    throw new UtopiaError('machine-not-running', 'The machine does not run.', {
      hint: 'utopia up',
    });
  }
  const access = await guestAccess(context, machine, running, login);
  await checkAnswers(context, machine, running, access);
  return { machine, running, access };
}

/** The way into a machine that may be off; `running` tells. Where it runs, its SSH is known to answer. */
export async function findAccess(
  context: LifecycleContext,
  machine: LocatedMachine,
  login: string,
): Promise<{ readonly access: GuestAccess; readonly running: boolean }> {
  const running = await findRunning(machine.paths);
  const state = running === undefined ? await readState(machine.paths) : running.state;
  const nobody = { pid: 0, startTicks: 0, bootId: '' };
  const last = running ?? { qemu: nobody, state };
  const access = await guestAccess(context, machine, last, login);
  if (running !== undefined) await checkAnswers(context, machine, running, access);
  return { access, running: running !== undefined };
}

/** How to get into a running machine's guest. */
export async function guestAccess(
  context: LifecycleContext,
  { config, paths }: Pick<LocatedMachine, 'config' | 'paths'>,
  running: RunningMachine,
  login: string,
): Promise<GuestAccess> {
  const address = running.state?.ssh ?? configuredAddress(config);
  const host = reachable(address.host);
  const { pid, startTicks, bootId } = running.qemu;
  const dial = findDial(paths, config, running);
  const [firmware, console] = await Promise.all(
    [paths.firmwareLog, paths.consoleLog].map(lookAtLog),
  );
  return {
    host,
    port: address.port,
    login,
    machineId: paths.id,
    sshDir: paths.sshDir,
    runtimeDir: paths.runtimeDir,
    // SeaBIOS writes to its log at every reset of the guest, and only then.
    bootMark: [bootId, pid, startTicks, firmware?.size].join(' '),
    watchLoss: watchGuestLoss(
      paths,
      { firmware: firmware?.size, console: console?.size },
      async () => await findGuestState({ paths }, running),
    ),
    whyRefused: async () => await findLackOfMemory(paths.consoleLog),
    ...(dial === undefined ? {} : { dial }),
    checkPort: async () => {
      // QEMU's own monitor makes the connections of a guest without a port.
      if (dial === undefined) await checkPort(context, pid, host, address.port);
    },
    env: context.env,
    signal: context.signal,
  };
}

/** For a guest that no port of this host leads to (yet). One of which nothing was written down may have none. */
function findDial(
  { qmpSocket }: Pick<MachinePaths, 'qmpSocket'>,
  { login }: Config,
  { qemu, state }: RunningMachine,
): Dial | undefined {
  const open = state === undefined ? login !== 'key' : isSshOpen(state);
  return open ? undefined : dialTo(state?.plan.files.qmpSocket ?? qmpSocket, qemu);
}

/** For a machine whose launcher died before it could write down what it chose. */
function configuredAddress(config: Config): HostAddress {
  if (config.sshPort !== 'auto') {
    return { host: firstSshHost(config.sshInterface), port: config.sshPort };
  }
  throw new UtopiaError('ssh-unavailable', 'This machine’s SSH port was not recorded.', {
    hint: 'utopia up (after utopia down, if it runs)',
  });
}

/** A port that was ours may lead to somebody else's machine by now: nothing is sent there. */
async function checkPort(
  context: LifecycleContext,
  pid: number,
  host: string,
  port: number,
): Promise<void> {
  const owner = await findPortOwner(pid, host, port);
  if (owner.kind === 'own' || owner.kind === 'unknown') return;
  const what =
    owner.kind === 'nobody'
      ? `This machine does not listen on port ${port} any more.`
      : `Port ${port} does not lead to this machine. Nothing was sent to it.`;
  const details =
    owner.kind === 'nobody' ? [] : [`By  ${(await nameHolder(context, owner.holder)).text}`];
  throw new UtopiaError('ssh-unavailable', what, {
    details,
    hint: 'utopia down, then utopia up opens it anew.',
  });
}

/**
 * A machine that has answered in this boot is not asked again: each look costs
 * the guest an sshd of its own, a second under emulation.
 */
async function checkAnswers(
  context: LifecycleContext,
  machine: LocatedMachine,
  running: RunningMachine,
  { dial }: Pick<GuestAccess, 'dial'>,
): Promise<void> {
  const { paths } = machine;
  const { state } = running;
  refuseUnreadable(paths, running);
  await refuseLostGuest(context, { paths }, running);
  await refuseStoppedGuest(context, machine, running);
  const resetAt = (await lookAtLog(paths.firmwareLog))?.mtimeMs ?? 0;
  if (state?.readyAt !== undefined && resetAt < Date.parse(state.readyAt)) return;
  if (state !== undefined) {
    const { host, port } = state.ssh;
    const options = { host: reachable(host), port, signal: context.signal };
    const banner =
      dial === undefined
        ? await readSshBanner({ ...options, timeoutMs: bannerTimeoutMs })
        : await readBannerFrom(await dial(context.signal), { timeoutMs: bannerTimeoutMs });
    if (banner !== undefined) {
      await writeState(paths, { ...state, readyAt: context.now().toISOString() });
      return;
    }
  }
  throw new UtopiaError('ssh-unavailable', 'The guest is still booting: SSH does not answer yet.', {
    hint: 'Try again in a moment; utopia status tells when it is ready.',
  });
}

async function lookAtLog(
  file: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  return await stat(file).catch(() => undefined);
}
