import { chmod, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { askAgent, connectAgent, type Agent } from '../../guest/agent.ts';
import { agentProgram } from '../../guest/agent-program.ts';
import { installAgentScript } from '../../guest/agent-start.ts';
import {
  parseReleasedShares,
  releaseSharesScript,
  type ShareMount,
} from '../../guest/share-mounts.ts';
import { copyDisk } from '../../image/copy-disk.ts';
import type { WarmBaseManifest } from '../../image/warm-base.ts';
import {
  awaitHostKeysScript,
  hostKeyPipe,
  listHostKeysScript,
  parseHostKeyKinds,
  uncoverHostKeysScript,
} from '../../guest/fresh-identity.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { closeShared } from '../../guest/shared-connection.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import { queryMachineType } from '../../vmstate/migration.ts';
import { saveState } from '../../vmstate/save.ts';
import { agentChannel } from './channel.ts';
import { reachMonitor } from '../launch/monitor.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import type { PlannedCopy } from './launch-copy.ts';
import { forgetLoginScript } from './guest-command.ts';
import { imageSource } from './copy-source.ts';
import { bootColdCopy, useBootedCopy } from './booted-copy.ts';

const greetMs = 60_000;
/** Where the share is mounted once, so that its drivers are loaded. */
const trialFolder = '/mnt/utopia-trial';

/** What is found out about a base while it is made. */
export type BaseFacts = Required<
  Pick<WarmBaseManifest, 'machineType' | 'mounts' | 'hostKeys' | 'sshdAwaitsKeys'>
>;

/** Files of a base that its making writes, besides the disk. */
export interface BaseFiles {
  readonly state: string;
  readonly memory: string;
}

/**
 * Boots a copy, starts the agent in it, lets it come to rest, and saves it into
 * `files`; its disk stays at the plan's overlay. Throws what a boot throws, and
 * `guest-refused` for a guest in which the agent cannot work.
 */
export async function makeBase(
  context: LifecycleContext,
  globals: LifecycleOptions,
  copy: ThrowawayMachine,
  planned: PlannedCopy,
  files: BaseFiles,
): Promise<BaseFacts> {
  const { signal, env } = context;
  const source = imageSource(planned.backing);
  const booted = await bootColdCopy(context, globals, copy, { planned, source });
  const { launched, access } = booted;
  const display = await context.reporter.openProgress(globals.quiet || globals.json);
  const title = 'ready';
  display.report({ kind: 'started', title });
  const say = (detail: string): void => display.report({ kind: 'moved', title, detail });
  return await useBootedCopy(
    context,
    copy,
    booted,
    'it was made ready to be kept',
    async ({ lost }) => {
      say('an agent starts in the guest');
      await Promise.race([installAgent(access), lost]);
      say('the guest comes to rest');
      await Promise.race([settle(access), lost]);
      await closeShared(copy.paths.runtimeDir, env);
      const found = await Promise.race([tryAgent(context, planned.plan), lost]);
      say('its memory is saved');
      const { qmpSocket } = launched.plan.files;
      const qmp = await reachMonitor(qmpSocket, launched.started.exit, signal);
      try {
        const machineType = await queryMachineType(qmp);
        const socketPath = join(copy.paths.runtimeDir, 'save.sock');
        await saveState(qmp, { file: files.state, socketPath, memoryApart: true, signal });
        await copyMemory(launched.started.identity.pid, files.memory, signal);
        return { machineType, ...found };
      } finally {
        qmp.close();
      }
    },
  ).finally(() => display.close());
}

/** Copies the memory of a guest that stands still, without the pages that are empty. */
async function copyMemory(pid: number, to: string, signal: AbortSignal): Promise<void> {
  const open = `/proc/${pid}/fd`;
  for (const name of await readdir(open)) {
    const file = join(open, name);
    const target = await readlink(file).catch(() => '');
    if (!target.startsWith('/memfd:memory-backend')) continue;
    await copyDisk(file, to, signal, { sparse: 'always' });
    return await chmod(to, 0o600);
  }
  throw new UtopiaError('qemu-failed', 'QEMU has no memory that can be copied.');
}

async function installAgent(access: GuestAccess): Promise<void> {
  const script = `exec sh -c ${quoteWord(installAgentScript())}`;
  const options = { input: agentProgram, timeoutMs: 60_000 };
  const { status, stdout } = await runInGuest(access, script, options);
  if (status === 0) return;
  throw new UtopiaError('guest-refused', 'The agent cannot run in this guest.', {
    details: stdout.trim().split('\n').slice(-5),
    hint: 'It needs perl and the driver virtio_console; utopia run works without, by SSH.',
  });
}

/**
 * Runs a command as `utopia run` will, so that all it needs is loaded, and takes the
 * share away again, and those that the guest itself has mounted.
 */
async function tryAgent(
  context: LifecycleContext,
  { agentSocket = '' }: MachinePlan,
): Promise<Omit<BaseFacts, 'machineType'>> {
  const agent = await connectAgent(agentSocket, { signal: context.signal, timeoutMs: greetMs });
  try {
    const channel = agentChannel(context, agent);
    // Those of the guest's own, such as fstab's, first: the device carries one mount.
    const mounts = await releaseShares(agent);
    await channel.mount(trialFolder, 'read');
    await askAgent(agent, `ls ${trialFolder} >&2`);
    await releaseShares(agent);
    const { stdout } = await askAgent(agent, `rmdir ${trialFolder}\n${listHostKeysScript}`);
    const hostKeys = parseHostKeyKinds(stdout);
    return { mounts, hostKeys, sshdAwaitsKeys: await takeHostKeys(agent, hostKeys) };
  } finally {
    agent.close();
  }
}

/** Unmounts the guest's shares, and gives those that there were. Throws `guest-refused` where one is held. */
async function releaseShares(agent: Agent): Promise<ShareMount[]> {
  const { stdout } = await askAgent(agent, `cd /\n${releaseSharesScript}`);
  const { mounts, holders } = parseReleasedShares(stdout);
  if (holders.length === 0) return [...mounts];
  throw new UtopiaError('guest-refused', 'The guest could not let go of the shared folder.', {
    details: holders.map((each) => `by  ${each}`),
    hint: 'utopia run and utopia up work without a warm base.',
  });
}

/**
 * Has sshd wait for its host keys, and takes away those it had: a machine's own need
 * only be written then, and nobody is answered with those of the base. False for one
 * that does not wait, because it is started in another way or has its keys elsewhere.
 */
async function takeHostKeys(agent: Agent, [first]: readonly string[]): Promise<boolean> {
  if (first === undefined) return false;
  const { status } = await askAgent(agent, awaitHostKeysScript(first));
  const waits = status === 0 && (await agent.holdPipe(hostKeyPipe(first))) === 0;
  await askAgent(agent, uncoverHostKeysScript(waits));
  return waits;
}

/**
 * What a boot still does in the background would slow every copy. The key that our own
 * logins have left is of no use to anybody.
 */
async function settle(access: GuestAccess): Promise<void> {
  const wait = [
    'timeout 60 systemctl is-system-running --wait >/dev/null 2>&1',
    forgetLoginScript(access.machineId),
    'sync; sleep 1',
  ].join('\n');
  await runInGuest(access, `exec sh -c ${quoteWord(wait)}`, { timeoutMs: 120_000 });
}
