import { setTimeout as sleep } from 'node:timers/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openDeadline } from '../../system/deadline.ts';
import {
  freshIdentityScript,
  makeHostKeys,
  newIdentityScript,
} from '../../guest/fresh-identity.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { CommandEnd, RunningCommand } from './wait-for-command.ts';
import type { ThrowawayMachine } from './copy-folder.ts';
import { forgetLoginScript } from './guest-command.ts';
import { loginName } from './booted-copy.ts';
import type { StartedCopy } from './start-copy.ts';

/** Writing back what an emulated guest holds in a gigabyte of memory takes seconds. */
const settleMs = 60_000;
const endMs = 5_000;

/**
 * Has the guest of a copy that is to be kept write all to its disk, end the command,
 * forget our own login, and take SSH host keys that its twins do not have. False when
 * it does not answer, or is no more: its disk then is as after a power cut. Throws the
 * signal's reason.
 */
export async function flushGuest(
  context: LifecycleContext,
  { paths }: ThrowawayMachine,
  started: Pick<StartedCopy, 'channel' | 'launched' | 'byAgent'>,
  command: RunningCommand,
  end: CommandEnd,
): Promise<boolean> {
  if (end.kind !== 'exited' && end.kind !== 'timed-out') return false;
  const stop = stopSignal(context);
  const deadline = openDeadline(settleMs, stop);
  try {
    if (end.kind === 'timed-out') await endCommand(command);
    const script = await settleScript(paths, started);
    const { status } = await started.channel.ask(script, deadline.signal);
    return status === 0;
  } catch {
    stop.throwIfAborted();
    return false;
  } finally {
    deadline.stop();
  }
}

async function settleScript(
  paths: MachinePaths,
  { launched, byAgent }: Pick<StartedCopy, 'launched' | 'byAgent'>,
): Promise<string> {
  const { sharedHostKeys, login } = launched.source;
  const forget = forgetLoginScript(login?.machineId ?? loginName(paths));
  if (sharedHostKeys.length === 0) return `${forget}\nsync`;
  const keys = await makeHostKeys(paths.sshDir, sharedHostKeys);
  if (byAgent) return freshIdentityScript(keys, `${forget}\nsync`);
  return `${forget}\n${newIdentityScript(keys)}\nsync`;
}

/** The first Ctrl-C may have been the command's: then the second one is ours. */
export function stopSignal({ signal, urgentSignal }: LifecycleContext): AbortSignal {
  return signal.aborted ? urgentSignal : signal;
}

async function endCommand(command: RunningCommand): Promise<void> {
  await command.signal('SIGKILL');
  const ended = command.ended.catch(() => {});
  await Promise.race([ended, sleep(endMs, undefined, { ref: false })]);
}
