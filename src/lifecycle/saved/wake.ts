import type { LifecycleContext } from '../lifecycle-context.ts';
import { wakeScript, type ShareMount } from '../../guest/share-mounts.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import { readSshBanner } from '../../guest/ssh-banner.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { reachable } from '../../machine/plan.ts';
import { isSshOpen, type RunningMachine } from '../../machine/state.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { guestAccess } from '../watch/find-guest.ts';
import { forgetReleased, type ReleasedGuest } from './released-shares.ts';
import { notMounted, wakeByAgent } from './wake-by-agent.ts';
import { messageOf } from '../../errors.ts';

/** A login, and a look at every process of the guest, under emulation. */
const guestMs = 60_000;

/**
 * Sets the guest's clock after it stood still, and mounts its shares again, over SSH. Gives
 * what went wrong, as a sentence: a machine that runs on is not to fail for it.
 */
export async function wakeBySsh(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  { mounts }: ReleasedGuest,
): Promise<string | undefined> {
  try {
    const access = await guestAccess(context, located, running, 'root');
    const stdout = await wakeOverSsh(access, mounts, guestMs);
    await forgetReleased(located.paths);
    if (stdout.includes('clock not set')) return "The guest's clock could not be set.";
    if (stdout.includes('not mounted')) return notMounted;
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = messageOf(error);
    return `The guest's clock and share are as they were left: ${reason}`;
  }
}

/** Runs the script of wakeScript in a guest, with the time of that very moment; gives what it said. */
export async function wakeOverSsh(
  access: GuestAccess,
  mounts: readonly ShareMount[],
  timeoutMs: number,
): Promise<string> {
  const { stdout } = await runInGuest(access, `exec sh -c ${quoteWord(wakeScript(mounts))}`, {
    timeoutMs,
    answer: () => `${(Date.now() / 1000).toFixed(3)}\n`,
  });
  return stdout;
}

/** The same through the agent where one was left, and over SSH where none answers. */
export async function wakeGuest(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  released: ReleasedGuest,
): Promise<string | undefined> {
  const agentSocket = running.state?.plan.agentSocket;
  if (released.agent === true && agentSocket !== undefined) {
    const woken = await wakeByAgent(context, agentSocket, released);
    if (woken !== 'silent') {
      await forgetReleased(located.paths);
      return woken === 'woken' ? undefined : notMounted;
    }
  }
  return await wakeBySsh(context, located, running, released);
}

/** As wakeGuest; a guest that boots yet is left alone, since it reads the host's clock itself. */
export async function wakeIfUp(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  released: ReleasedGuest,
): Promise<string | undefined> {
  const { state } = running;
  const lacksNothing = released.mounts.length === 0 && released.agent !== true;
  if (lacksNothing && state !== undefined && state.readyAt === undefined && isSshOpen(state)) {
    const { host, port } = state.ssh;
    const asked = { host: reachable(host), port, signal: context.signal };
    if ((await readSshBanner(asked)) === undefined) return undefined;
  }
  return await wakeGuest(context, located, running, released);
}
