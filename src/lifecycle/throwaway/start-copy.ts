import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { isForeverInTheWay } from '../../system/out-of-space.ts';
import { wakeOverSsh } from '../saved/wake.ts';
import { openSession, type MachineSession } from '../watch/session.ts';
import { bootColdCopy, endQemu, openAccess, type CopyStart } from './booted-copy.ts';
import { agentChannel, sshChannel, type GuestChannel } from './channel.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import { launchCopy, type LaunchedCopy } from './launch-copy.ts';
import { reachAgent, resumeCopy } from './restore-copy.ts';
import { imageSource } from './copy-source.ts';

/** A copy whose guest takes commands. */
export interface StartedCopy {
  readonly session: MachineSession;
  readonly channel: GuestChannel;
  readonly launched: LaunchedCopy;
  /** It went on from a warm base, or a snapshot's memory, instead of booting. */
  readonly warm: boolean;
  /** Its commands go through the agent, not by SSH. */
  readonly byAgent: boolean;
  /** Cuts the channel: what runs through it is given up on. */
  readonly cut: () => void;
}

/** A login under emulation. */
const loginMs = 60_000;

/**
 * Starts a copy, from a saved moment where its source has one. When that was only a short cut and
 * fails, for whatever reason, it says so and boots the image.
 */
export async function startCopy(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  start: CopyStart,
): Promise<StartedCopy> {
  const { planned, source } = start;
  const { moment } = source;
  if (moment === undefined) return await startCold(context, globals, copy, start);
  const launched = await launchCopy(context, copy, planned, source);
  const session = openSession(launched.started, launched.plan, copy.paths);
  try {
    await resumeCopy(context, launched, session);
    const way = moment.hasAgent
      ? await wayOfAgent(context, launched)
      : await wayOfSsh(context, copy, launched);
    return { launched, session, warm: true, byAgent: moment.hasAgent, ...way };
  } catch (error) {
    await session.close();
    context.signal.throwIfAborted();
    if (!moment.isShortCut || !(error instanceof UtopiaError)) throw error;
    if (isForeverInTheWay(error)) throw error;
    sayUseless(context, error);
    await endQemu(launched, copy);
  }
  const fromImage = { ...start, source: imageSource(planned.backing) };
  return await startCold(context, globals, copy, fromImage);
}

type GuestConnection = Pick<StartedCopy, 'channel' | 'cut'>;

async function wayOfAgent(
  context: LifecycleContext,
  launched: LaunchedCopy,
): Promise<GuestConnection> {
  const agent = await reachAgent(context, launched);
  return { channel: agentChannel(context, agent), cut: () => agent.close() };
}

/** A guest without an agent is given the right time here. */
async function wayOfSsh(
  context: LifecycleContext,
  copy: ThrowawayMachine,
  launched: LaunchedCopy,
): Promise<GuestConnection> {
  const { access, cut } = await openAccess(context, copy, launched);
  context.signal.addEventListener('abort', cut, { once: true });
  try {
    await wakeOverSsh(access, [], loginMs);
  } finally {
    context.signal.removeEventListener('abort', cut);
  }
  return { channel: sshChannel(access), cut };
}

async function startCold(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  start: CopyStart,
): Promise<StartedCopy> {
  const { access, ...booted } = await bootColdCopy(context, globals, copy, start);
  return { ...booted, channel: sshChannel(access), warm: false, byAgent: false };
}

function sayUseless({ reporter }: LifecycleContext, { message }: UtopiaError): void {
  reporter.warn(
    `The warm base is of no use: ${message}\nBooting instead; utopia image warm --again makes it anew.`,
  );
}
