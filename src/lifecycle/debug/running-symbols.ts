import type { RunningMachine } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { askRelease } from './ask-release.ts';
import { findSymbols, type KernelSymbols } from './find-symbols.ts';

/**
 * The symbols of the kernel that a machine runs: the file of `given`, as typed, else what findSymbols
 * finds. Throws as that does, and what asking the guest throws.
 */
export async function findRunningSymbols(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  given: string | undefined,
): Promise<KernelSymbols> {
  return await findSymbols(context.env, context.cwd, given, {
    direct: running.state?.plan.kernel,
    askRelease: async () => await askRelease(context, located, running),
  });
}

/**
 * Why the symbols may not be those of the kernel that runs, as a sentence; undefined without a
 * doubt. `startedAt`: when the machine was started, ISO 8601. Pure.
 */
export function doubtSymbols(
  { builtAt, objects }: Pick<KernelSymbols, 'builtAt' | 'objects'>,
  startedAt: string | undefined,
): string | undefined {
  if (objects === undefined || startedAt === undefined) return undefined;
  if (builtAt.getTime() <= Date.parse(startedAt)) return undefined;
  return 'The kernel was built again since the machine was started: lines and addresses may be those of another one.';
}
