import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/ssh.ts';
import type { WarmBase } from '../../image/warm-base.ts';
import { signalProcess } from '../../machine/process.ts';
import { forgetRunning } from '../../machine/state.ts';
import { openSession, type MachineSession } from '../up/session.ts';
import { bootCopy } from './boot.ts';
import { agentChannel, sshChannel, type GuestChannel } from './channel.ts';
import type { ThrowawayMachine } from './copy.ts';
import { launchCopy, type LaunchedCopy, type PlannedCopy } from './launch.ts';
import { resumeCopy } from './restore.ts';

/** A copy whose guest takes commands. */
export interface StartedCopy {
  readonly session: MachineSession;
  readonly channel: GuestChannel;
  readonly launched: LaunchedCopy;
  /** It went on from a warm base instead of booting. */
  readonly warm: boolean;
  /** Kinds of the SSH host keys that it shares with all copies of the base; none after a boot. */
  readonly hostKeys: readonly string[];
  /** Cuts the channel: what runs through it is given up on. */
  readonly cut: () => void;
}

/** Account of the command: only root loads modules. */
const login = 'root';

/**
 * Starts a copy from a warm base where there is one. When that fails, for whatever
 * reason, it says so and boots: a base is only ever a short cut.
 */
export async function startCopy(
  context: Context,
  globals: GlobalOptions,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
  base: WarmBase | undefined,
): Promise<StartedCopy> {
  if (base !== undefined) {
    const launched = await launchCopy(context, copy, planned, base);
    const session = openSession(launched.started, launched.plan, copy.paths);
    try {
      const agent = await resumeCopy(context, launched, session);
      const channel = agentChannel(context, agent);
      const { hostKeys = [] } = base.manifest;
      return { launched, session, channel, warm: true, hostKeys, cut: () => agent.close() };
    } catch (error) {
      await session.close();
      context.signal.throwIfAborted();
      if (!(error instanceof UtopiaError)) throw error;
      sayUseless(context, error);
      await endQemu(launched, copy);
    }
  }
  const { access, ...booted } = await bootColdCopy(context, globals, copy, planned);
  return { ...booted, channel: sshChannel(access), warm: false, hostKeys: [] };
}

/** A copy that was booted, and the way in by ssh. */
export interface BootedCopy {
  readonly launched: LaunchedCopy;
  readonly session: MachineSession;
  readonly access: GuestAccess;
  readonly cut: () => void;
}

/** Boots a copy of the image until SSH answers. Throws `boot-failed`, `interrupted`. */
export async function bootColdCopy(
  context: Context,
  globals: GlobalOptions,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
): Promise<BootedCopy> {
  const launched = await launchCopy(context, copy, planned);
  const session = openSession(launched.started, launched.plan, copy.paths);
  try {
    await bootCopy(context, globals, session, launched.plan.ssh);
    context.signal.throwIfAborted();
  } catch (error) {
    await session.close();
    throw error;
  }
  const end = new AbortController();
  const access = accessTo(context, copy, launched.plan.ssh, end.signal);
  return { launched, session, access, cut: () => end.abort() };
}

/** Ends a copy's QEMU, whose disk nobody wants any more, and forgets it. */
export async function endQemu({ started }: LaunchedCopy, copy: ThrowawayMachine): Promise<void> {
  await signalProcess(started.identity, 'SIGKILL');
  await started.exited;
  await forgetRunning(copy.paths);
}

function sayUseless({ terminal }: Context, { message }: UtopiaError): void {
  const mark = terminal.errColor.yellow(terminal.symbols.warn);
  terminal.err(`${mark} The warm base is of no use: ${message}`);
  terminal.err('  Booting instead; utopia image warm --again makes it anew.');
}

function accessTo(
  { env }: Context,
  { paths }: ThrowawayMachine,
  { host, port }: LaunchedCopy['plan']['ssh'],
  signal: AbortSignal,
): GuestAccess {
  return {
    host,
    port,
    login,
    machineId: paths.id.replaceAll('/', '-'),
    sshDir: paths.sshDir,
    runtimeDir: paths.runtimeDir,
    bootMark: 'the only one',
    // QEMU has just bound it, or would have ended.
    checkPort: () => Promise.resolve(),
    env,
    signal,
  };
}
