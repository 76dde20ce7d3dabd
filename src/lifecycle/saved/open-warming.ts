import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus } from '../../errors.ts';
import { gatherIdleness } from '../../host/gather/gather-idle.ts';
import { openRealHost } from '../../host/source/real-source.ts';
import { remembered } from '../../host/verdict-cache.ts';
import { findWarmBase, warmFolder } from '../../image/warm-base.ts';
import { openDeadline } from '../../system/deadline.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { LaunchedMachine, UpOptions } from '../launch/launched-machine.ts';
import type { MachineSession } from '../watch/session.ts';
import { failureCache, failureShape } from './lacked-warm-base.ts';
import { findLowPriority, makeInChild, type MakingEnd, type WarmChild } from './warm-child.ts';
import { lookMs, warmWhenIdle } from './warm-when-idle.ts';

/** Begins to wait for an idle host; the function that it gives ends that, and what is being made. */
export type StartWarming = (session: Pick<MachineSession, 'exited'>) => () => Promise<void>;

/**
 * Makes ready to make the warm base that this machine lacks, once the host is idle, in
 * a process that ends with this one; undefined where a process cannot be made to.
 * `ended` hears how that ended.
 */
export async function openWarming(
  context: LifecycleContext,
  globals: LifecycleOptions,
  options: UpOptions,
  located: LocatedMachine,
  { machine, key }: { readonly machine: LaunchedMachine; readonly key: string },
  ended: (end: MakingEnd) => void,
): Promise<StartWarming | undefined> {
  const low = await findLowPriority();
  if (low === undefined) return undefined;
  const child = warmChild(context, globals, options, located);
  const make = async (until: AbortSignal): Promise<MakingEnd> =>
    await makeInChild(child, low, until);
  return ({ exited }) => {
    const end = openDeadline(undefined, context.signal);
    void exited.then(() => end.abort());
    const warming = warm(context, key, machine.plan.memoryMiB, end.signal, make)
      .finally(end.stop)
      .then(async (made) => await settle(context, key, made, ended));
    return async () => {
      end.abort();
      await warming;
    };
  };
}

/** What tells the child which machine it is. */
export interface WarmedMachine {
  readonly config: Pick<LocatedMachine['config'], 'file'>;
  readonly paths: Pick<LocatedMachine['paths'], 'id'>;
}

/** `utopia image warm` as this very program, for this machine; what flags have set goes as variables of their keys' names. Pure. */
export function warmChild(
  { program, cwd, env }: Pick<LifecycleContext, 'program' | 'cwd' | 'env'>,
  { config: file, machine }: Pick<LifecycleOptions, 'config' | 'machine'>,
  { flags }: Pick<UpOptions, 'flags'>,
  { config, paths }: WarmedMachine,
): WarmChild {
  // Its file need not exist; by its id a machine that was started is found from everywhere.
  const named = machine === undefined ? [] : ['-n', paths.id];
  const where = file === undefined ? named : ['--config', config.file];
  const words = ['image', 'warm', '--quiet', '--json', ...where];
  return {
    command: [...program, ...words],
    cwd,
    env: { ...env, ...flags, NO_COLOR: '1' },
  };
}

async function warm(
  { env }: LifecycleContext,
  key: string,
  memoryMiB: number,
  signal: AbortSignal,
  make: (signal: AbortSignal) => Promise<MakingEnd>,
): Promise<MakingEnd> {
  const host = openRealHost(env, signal);
  const steps = {
    pause: async () => await sleep(lookMs, undefined, { signal }).catch(() => {}),
    look: async () => await gatherIdleness(host, warmFolder(env)),
    isThere: async () => (await findWarmBase(env, key)) !== undefined,
    make,
  };
  return await warmWhenIdle(steps, memoryMiB, signal).catch((error: unknown) => ({
    kind: 'failed' as const,
    status: undefined,
    why: String(error),
  }));
}

/** Tells of the end, and remembers a failure that is the guest's: it would fail the next time, too. */
async function settle(
  { env }: LifecycleContext,
  key: string,
  end: MakingEnd,
  ended: (end: MakingEnd) => void,
): Promise<void> {
  ended(end);
  if (end.kind !== 'failed' || end.status !== exitStatus.unavailable) return;
  await remembered(env, failureCache, [key], failureShape, () => Promise.resolve({ why: end.why }));
}
