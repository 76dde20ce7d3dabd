import type { LifecycleContext } from '../lifecycle-context.ts';
import { askAgent, connectAgent, type Agent } from '../../guest/agent.ts';
import { agentFiles } from '../../guest/agent-start.ts';
import { mountAgainScript } from '../../guest/share-mounts.ts';
import type { ReleasedGuest } from './released-shares.ts';

/** It polls its port a hundred times a second; an emulated guest under load is slower, and is greeted several times. */
const greetMs = 20_000;
/** A mount, or several, under emulation. */
const guestMs = 60_000;

type Waking = Pick<LifecycleContext, 'signal' | 'now'>;

/** How it came out; `silent`: there is no agent that answers, or not to the end. */
export type WakeByAgent = 'woken' | 'not mounted' | 'silent';

/** What is said of a share that did not come back. */
export const notMounted = 'The share could not be mounted again in the guest.';

/** Whether the agent at this socket answers. */
export async function answersAgent({ signal }: Waking, socketPath: string): Promise<boolean> {
  try {
    const agent = await connectAgent(socketPath, { signal, timeoutMs: greetMs });
    agent.close();
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Wakes a guest through the agent that was left in it, without a login: the host's clock, new
 * random numbers (another machine may go on from the same memory), its shares. The agent ends
 * with it: a machine that one works in is as after a boot.
 */
export async function wakeByAgent(
  context: Waking,
  socketPath: string,
  { mounts }: ReleasedGuest,
): Promise<WakeByAgent> {
  const { signal } = context;
  let agent: Agent | undefined;
  const cut = (): void => agent?.close();
  signal.addEventListener('abort', cut, { once: true });
  const late = setTimeout(cut, greetMs + guestMs);
  try {
    agent = await connectAgent(socketPath, { signal, timeoutMs: greetMs, now: context.now });
    const said = mounts.length > 0 ? await askAgent(agent, mountAgainScript(mounts)) : undefined;
    await agent.finish(agentFiles);
    return said?.stdout.includes('not mounted') === true ? 'not mounted' : 'woken';
  } catch {
    signal.throwIfAborted();
    return 'silent';
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', cut);
    agent?.close();
  }
}
