import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { askAgent, connectAgent, type Agent } from '../../guest/agent.ts';
import {
  freshIdentityScript,
  hostKeyFiles,
  knowHostKeys,
  leftoverFiles,
  makeHostKeys,
  type HostKey,
} from '../../guest/fresh-identity.ts';
import { mountAgainScript, type ShareMount } from '../../guest/share-mounts.ts';
import type { WarmBase } from '../../image/warm-base.ts';
import { formatBytes, formatDuration } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { restoreState } from '../../vmstate/restore.ts';
import { waitAtCrashScript } from '../../wait-at-crash.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { reachMonitor } from '../launch/monitor.ts';
import { startBannerProbe, type BannerProbe } from '../launch/banner-probe.ts';
import type { LaunchedMachine } from '../launch/launched-machine.ts';

/** The agent polls its port a hundred times a second; an emulated guest under load is slower. */
const greetMs = 20_000;
/** All that it does then takes a second or two: one that hangs is of no use, and the machine boots. */
const workMs = 60_000;

/** Host keys for a machine from this base: made while its disk and QEMU are, since they take as long. */
export async function hostKeysFor(
  { paths }: Pick<LocatedMachine, 'paths'>,
  { manifest }: WarmBase,
): Promise<readonly HostKey[]> {
  return await makeHostKeys(paths.sshDir, manifest.hostKeys ?? []);
}

/**
 * Lets a QEMU that was started with a base's state go on, and makes the guest a
 * machine of its own: the host's clock, random numbers and SSH host keys that no
 * other one has, the shares that a boot would have mounted. Throws `qemu-failed`, `guest-refused`.
 */
export async function resumeFromBase(
  context: LifecycleContext,
  located: LocatedMachine,
  { started, plan }: Pick<LaunchedMachine, 'started' | 'plan'>,
  { manifest, bytes }: WarmBase,
  hostKeys: Promise<readonly HostKey[]>,
  display: ProgressDisplay,
): Promise<BannerProbe | undefined> {
  const startedAt = performance.now();
  const restored = restore(plan.files.qmpSocket, started, context.signal);
  const [keys] = await Promise.all([hostKeys, restored]);
  // One that waits for its keys answers nobody before it has them.
  const asked =
    manifest.sshdAwaitsKeys === true && plan.sshListens !== false
      ? startBannerProbe(plan.ssh)
      : undefined;
  try {
    await giveOwnIdentity(context, located, plan, manifest, keys);
  } catch (error) {
    asked?.stop();
    throw error;
  }
  const age = formatDuration(context.now().getTime() - Date.parse(manifest.madeAt));
  display.report({
    kind: 'finished',
    title: 'warm base',
    detail: `${formatBytes(bytes)}, ${age} old; utopia up --cold boots`,
    elapsedMs: performance.now() - startedAt,
  });
  return asked;
}

/** What the agent does for a machine, before it ends. */
async function giveOwnIdentity(
  { signal, now }: LifecycleContext,
  { paths }: LocatedMachine,
  { agentSocket = '', onCrash }: LaunchedMachine['plan'],
  { sshdAwaitsKeys, mounts = [] }: WarmBase['manifest'],
  keys: readonly HostKey[],
): Promise<void> {
  const agent = await connectAgent(agentSocket, { signal, timeoutMs: greetMs, now });
  const cut = (): void => agent.close();
  signal.addEventListener('abort', cut, { once: true });
  const late = setTimeout(cut, workMs);
  try {
    // The base was booted without it. A kernel that cannot crashes as fast as it does.
    if (onCrash !== undefined) await askAgent(agent, waitAtCrashScript);
    const give = sshdAwaitsKeys === true ? writeIdentity : changeIdentity;
    await give(agent, keys, mounts);
    // Killed before, the host knows no keys yet, and takes those that it is shown first.
    await knowHostKeys(paths.sshDir, paths.id, keys);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', cut);
    agent.close();
  }
}

/**
 * For an sshd that waits for its keys: no program runs in the guest, since each costs an
 * emulated one a tenth of a second, unless there are shares to be mounted.
 */
async function writeIdentity(
  agent: Agent,
  keys: readonly HostKey[],
  mounts: readonly ShareMount[],
): Promise<void> {
  if ((await agent.writeFiles(hostKeyFiles(keys), () => undefined)) !== 0) throw refusedKeys();
  if (mounts.length > 0) requireMounted((await askAgent(agent, mountAgainScript(mounts))).stdout);
  await agent.finish(leftoverFiles);
}

/** For one that has them in memory, and must be told. */
async function changeIdentity(
  agent: Agent,
  keys: readonly HostKey[],
  mounts: readonly ShareMount[],
): Promise<void> {
  const { stdout } = await askAgent(agent, freshIdentityScript(keys, mountAgainScript(mounts)));
  if (!stdout.includes('ready')) throw refusedKeys();
  requireMounted(stdout);
}

function refusedKeys(): UtopiaError {
  return new UtopiaError('guest-refused', 'The guest could not take host keys of its own.');
}

function requireMounted(said: string): void {
  if (!said.includes('not mounted')) return;
  throw new UtopiaError('guest-refused', 'The guest could not mount the share again.');
}

async function restore(
  socket: string,
  { exit, stateUri }: LaunchedMachine['started'],
  signal: AbortSignal,
): Promise<void> {
  const qmp = await reachMonitor(socket, exit, signal);
  try {
    await restoreState(qmp, { uri: stateUri, memoryApart: true });
  } finally {
    qmp.close();
  }
}
