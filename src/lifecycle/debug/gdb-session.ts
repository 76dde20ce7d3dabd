import type { GdbSession } from '../../kernel/gdb-arguments.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { readKnown } from '../../system/json-file.ts';
import { aCount, maybe, object } from '../../text/shape.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { KernelSymbols } from './find-symbols.ts';
import { openStub, type OpenStub } from './open-stub.ts';

/** What a person wants of a session of gdb. */
export interface GdbWish {
  /** What gdb's `break` takes. */
  readonly breakpoints: readonly string[];
  /** Folders with modules, absolute, beside the current one and the shared one. */
  readonly modules: readonly string[];
}

/**
 * Opens QEMU's stub of a running machine, and says how gdb is started on it. The caller closes the
 * stub. Throws as openStub does.
 */
export async function openGdbSession(
  context: Pick<LifecycleContext, 'cwd' | 'signal' | 'now'>,
  located: LocatedMachine,
  running: RunningMachine,
  { vmlinux, scripts, objects }: KernelSymbols,
  { breakpoints, modules }: GdbWish,
): Promise<{ readonly session: GdbSession; readonly stub: OpenStub }> {
  const shared = running.state?.plan.sharedDir;
  const folders = [...modules, context.cwd, shared, objects].filter((each) => each !== undefined);
  const stub = await openStub(context, located, running);
  const session = {
    ...{ vmlinux, scripts, breakpoints, socket: stub.socket, atStart: stub.atStart },
    moduleFolders: [...new Set(folders)],
    crashedCpu: stub.wasRunning ? undefined : await crashedCpu(located),
  };
  return { session, stub };
}

const pauseShape = object({ cpu: maybe(aCount) });

/** The processor at whose crash the guest is paused; undefined where nobody knows. */
async function crashedCpu({ paths }: LocatedMachine): Promise<number | undefined> {
  return (await readKnown(paths.crashPauseFile, pauseShape))?.cpu;
}
