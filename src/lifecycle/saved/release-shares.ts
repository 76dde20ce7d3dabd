import type { LifecycleContext } from '../lifecycle-context.ts';
import { openDeadline } from '../../system/deadline.ts';
import { UtopiaError } from '../../errors.ts';
import { agentProgram } from '../../guest/agent-program.ts';
import {
  askAndReleaseScript,
  leaveAgentScript,
  parseReleasedShares,
  saysAgent,
  withEarlier,
  type ShareMount,
} from '../../guest/share-mounts.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { MachineState, RunningMachine } from '../../machine/state.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { queryStatus } from '../../qmp/queries.ts';
import { findBlockers, isShareBlocker } from '../../vmstate/migration.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { guestAccess } from '../watch/find-guest.ts';
import { lookAtGuest } from '../watch/guest-state.ts';
import { lostGuest } from '../watch/lost-guest-error.ts';
import { noteReleased, readReleased, type ReleasedGuest } from './released-shares.ts';
import { answersAgent } from './wake-by-agent.ts';
import { wakeBySsh } from './wake.ts';

/** A login, and a look at every process of the guest, under emulation. */
const guestMs = 60_000;
/** For what is only to make waking faster: a guest that hangs, or stands in a debugger, lets nobody in. */
const optionalMs = 20_000;

/** A machine whose plan is known. */
export type PlannedMachine = RunningMachine & { readonly state: MachineState };

/**
 * Readies a guest for being saved, in one login: takes mounted shares away, since QEMU saves no
 * machine with one, and leaves the agent in its memory, so that it can be woken without a
 * login. Where no share is mounted, a guest that does not let us in is saved as it is. Throws
 * `machine-busy` with the processes that hold a share open, and `ssh-unavailable`.
 */
export async function releaseGuest(
  context: LifecycleContext,
  located: LocatedMachine,
  running: PlannedMachine,
  qmp: QmpClient,
): Promise<ReleasedGuest> {
  // Of a wake-up that was killed: still to be brought back.
  const before = (await readReleased(located.paths, running.qemu))?.mounts ?? [];
  const blockers = await findBlockers(qmp);
  const others = blockers.filter((reason) => !isShareBlocker(reason));
  if (others.length > 0) {
    throw new UtopiaError('qemu-failed', 'This machine cannot be saved while it runs.', {
      details: others,
      hint: 'utopia down, then utopia snapshot save keeps its disk.',
    });
  }
  // Not cut short by Ctrl-C: what was unmounted must be known, to be mounted again.
  const uninterrupted = { ...context, signal: context.urgentSignal };
  if (blockers.length === 0) {
    const agent = await leaveAgentIfUp(context, located, running, qmp);
    return await noted(uninterrupted, located, running, { mounts: before, agent });
  }
  // Nobody could log in, and it would be waited for.
  if (!(await queryStatus(qmp)).running) {
    throw new UtopiaError(
      'machine-busy',
      `${located.config.name} is paused, and its share cannot be unmounted for saving.`,
      { hint: 'utopia up resumes it; then again.' },
    );
  }
  const refuseLost = async (): Promise<void> => {
    const state = await lookAtGuest(qmp, { running, paths: located.paths });
    if (state.kind !== 'well') throw lostGuest(state, 'Its share cannot be unmounted for saving.');
  };
  await refuseLost();
  const { stdout } = await enter(uninterrupted, located, running, before).catch(
    async (error: unknown) => {
      // It may have locked up since.
      await refuseLost();
      throw error;
    },
  );
  const { mounts, holders } = parseReleasedShares(stdout);
  const released = { mounts: withEarlier(mounts, before), agent: saysAgent(stdout) };
  if (holders.length === 0 && (await findBlockers(qmp)).length === 0) {
    return await noted(uninterrupted, located, running, released);
  }
  await refuseLost();
  await wakeBySsh(uninterrupted, located, running, released);
  throw new UtopiaError('machine-busy', 'The share is in use in the guest; it must be unmounted.', {
    details:
      holders.length === 0 ? ['Who uses it is not known.'] : holders.map((each) => `by  ${each}`),
    hint: "Leave the share's folder there (cd /), close its files, and try again.",
  });
}

/**
 * The one login. What is mounted is written down before anything is unmounted: killed at whatever
 * moment, the next `up` knows it. A plan without the agent's port has no agent.
 */
async function enter(
  context: LifecycleContext,
  located: LocatedMachine,
  running: PlannedMachine,
  before: readonly ShareMount[],
): Promise<{ readonly stdout: string }> {
  const access = await guestAccess(context, located, running, 'root');
  const { agentSocket } = running.state.plan;
  const script = agentSocket === undefined ? askAndReleaseScript : leaveAgentScript();
  const command = `exec sh -c ${quoteWord(script)}`;
  return await runInGuest(access, command, {
    timeoutMs: guestMs,
    answer: async (said) => {
      const mounts = withEarlier(parseReleasedShares(said).mounts, before);
      if (mounts.length > 0) await noteReleased(located.paths, running.qemu, { mounts });
      return agentSocket === undefined ? 'go\n' : `go\n${agentProgram}`;
    },
  });
}

/** Starts the agent in a guest that has answered before, runs, and has the port; gives whether it did. */
async function leaveAgentIfUp(
  context: LifecycleContext,
  located: LocatedMachine,
  running: PlannedMachine,
  qmp: QmpClient,
): Promise<boolean> {
  const { plan, readyAt } = running.state;
  if (readyAt === undefined || plan.agentSocket === undefined) return false;
  if (!(await queryStatus(qmp)).running) return false;
  if ((await lookAtGuest(qmp, { running, paths: located.paths })).kind !== 'well') return false;
  const end = openDeadline(optionalMs, context.signal);
  try {
    const { stdout } = await enter({ ...context, signal: end.signal }, located, running, []);
    return saysAgent(stdout);
  } catch {
    return false;
  } finally {
    end.stop();
  }
}

/** Writes down what was done to the guest, whether or not the agent came up: killed, the next `up` undoes it. */
async function noted(
  context: LifecycleContext,
  { paths }: LocatedMachine,
  { qemu, state }: PlannedMachine,
  released: ReleasedGuest,
): Promise<ReleasedGuest> {
  const { mounts, agent } = released;
  if (mounts.length === 0 && agent !== true) return released;
  await noteReleased(paths, qemu, released);
  if (agent !== true || (await answersAgent(context, state.plan.agentSocket ?? ''))) {
    return released;
  }
  const alone = { mounts, agent: false };
  await noteReleased(paths, qemu, alone);
  return alone;
}
