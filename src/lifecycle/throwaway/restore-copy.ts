import type { LifecycleContext } from '../lifecycle-context.ts';
import { connectAgent, type Agent } from '../../guest/agent.ts';
import { restoreState } from '../../vmstate/restore.ts';
import { reachMonitor } from '../launch/monitor.ts';
import type { MachineSession } from '../watch/session.ts';
import type { LaunchedCopy } from './launch-copy.ts';

/** The agent polls its port a hundred times a second; an emulated guest under load is slower. */
const greetMs = 20_000;

/** Lets a copy go on from the moment that it was launched over. Throws `qemu-failed`. */
export async function resumeCopy(
  { signal }: LifecycleContext,
  { plan, started, source }: LaunchedCopy,
  session: MachineSession,
): Promise<void> {
  const qmp = await reachMonitor(plan.files.qmpSocket, started.exit, signal);
  try {
    await restoreState(qmp, {
      uri: started.stateUri,
      memoryApart: source.moment?.memory !== undefined,
    });
  } finally {
    qmp.close();
  }
  // Nobody need look for the signs of a boot.
  session.bannerSeen('restored');
}

/** The agent in a copy that goes on. Throws `guest-refused`. */
export async function reachAgent(
  { signal, now }: LifecycleContext,
  { plan }: LaunchedCopy,
): Promise<Agent> {
  return await connectAgent(plan.agentSocket ?? '', {
    signal,
    timeoutMs: greetMs,
    now,
  });
}
