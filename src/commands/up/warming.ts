import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, GlobalOptions } from '../../context.ts';
import { openDeadline } from '../../system/deadline.ts';
import { exitStatus } from '../../errors.ts';
import { gatherIdleness } from '../../host/gather/gather-idle.ts';
import { openRealHost } from '../../host/source/real-source.ts';
import { remembered } from '../../host/verdict-cache.ts';
import { findWarmBase, warmFolder } from '../../image/warm-base.ts';
import { formatBytes } from '../../text/format.ts';
import { wrapText } from '../../ui/lines.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { failureCache, failureShape } from '../../lifecycle/saved/lacked-warm-base.ts';
import { sayWatched } from './foreground.ts';
import type { MachineSession } from '../../lifecycle/watch/session.ts';
import type { LaunchedMachine, UpOptions } from '../../lifecycle/launch/types.ts';
import {
  findLowPriority,
  makeInChild,
  type MakingEnd,
  type WarmChild,
} from '../../lifecycle/saved/warm-child.ts';
import { lookMs, warmWhenIdle } from '../../lifecycle/saved/warm-when-idle.ts';

/** Begins to wait for an idle host; the function that it gives ends that, and what is being made. */
export type StartWarming = (session: Pick<MachineSession, 'exited'>) => () => Promise<void>;

/**
 * Makes ready to make the warm base that this machine lacks, once the host is idle, in
 * a process that ends with this one; undefined where a process cannot be made to.
 */
export async function openWarming(
  context: Context,
  globals: GlobalOptions,
  options: UpOptions,
  located: LocatedMachine,
  { machine, key }: { readonly machine: LaunchedMachine; readonly key: string },
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
      .then(async (made) => await tell(context, globals, key, made));
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
  { commandLine, cwd, env }: Pick<Context, 'commandLine' | 'cwd' | 'env'>,
  { config: file, machine }: Pick<GlobalOptions, 'config' | 'machine'>,
  { flags }: Pick<UpOptions, 'flags'>,
  { config, paths }: WarmedMachine,
): WarmChild {
  const [node = '', program = ''] = commandLine;
  // Its file need not exist; by its id a machine that was started is found from everywhere.
  const named = machine === undefined ? [] : ['-n', paths.id];
  const where = file === undefined ? named : ['--config', config.file];
  const words = ['image', 'warm', '--quiet', '--json', ...where];
  return {
    command: [node, ...process.execArgv, program, ...words],
    cwd,
    env: { ...env, ...flags, NO_COLOR: '1' },
  };
}

async function warm(
  { env }: Context,
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

async function tell(
  context: Context,
  { verbose }: GlobalOptions,
  key: string,
  made: MakingEnd,
): Promise<void> {
  if (made.kind === 'made') {
    const dot = context.terminal.symbols.info;
    const text =
      'kept a booted machine: a reset and utopia run start in a second now\n' +
      `${formatBytes(made.bytes)} ${dot} utopia image cool removes it`;
    sayWatched(context, { level: 'info', text });
  }
  if (made.kind !== 'failed') return;
  if (verbose) {
    const why = wrapText(made.why, context.terminal.columns - 12);
    sayWatched(context, {
      level: 'info',
      text: ['no booted machine was kept:', ...why].join('\n'),
    });
  }
  if (made.status !== exitStatus.unavailable) return;
  await remembered(context.env, failureCache, [key], failureShape, () =>
    Promise.resolve({ why: made.why }),
  );
}
