import type { Context } from '../../context.ts';
import { connectAgent, type Agent } from '../../guest/agent.ts';
import { restoreState } from '../../vmstate/restore.ts';
import { reachMonitor } from '../monitor.ts';
import type { MachineSession } from '../up/session.ts';
import type { LaunchedCopy } from './launch.ts';

/** The agent polls its port a hundred times a second; an emulated guest under load is slower. */
const greetMs = 20_000;

/** Lets a copy that was launched over a warm base go on, and finds its agent. Throws `qemu-failed`, `guest-refused`. */
export async function resumeCopy(
  context: Context,
  { plan, started }: LaunchedCopy,
  session: MachineSession,
): Promise<Agent> {
  const { signal } = context;
  const qmp = await reachMonitor(plan.files.qmpSocket, started.exit, signal);
  try {
    await restoreState(qmp, { memoryApart: true });
  } finally {
    qmp.close();
  }
  // Nobody need look for the signs of a boot.
  session.bannerSeen('restored');
  return await connectAgent(plan.agentSocket ?? '', {
    signal,
    timeoutMs: greetMs,
    now: context.now(),
  });
}
