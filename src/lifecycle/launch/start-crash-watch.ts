import { startCrashWatch } from '../../machine/crash-watch-process.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from './locate.ts';

/** Starts the one who waits for a crash of this machine's kernel, as its state says. */
export async function watchCrashes(
  { program, env }: Pick<LifecycleContext, 'program' | 'env'>,
  { paths }: Pick<LocatedMachine, 'paths'>,
): Promise<void> {
  await startCrashWatch([...program, 'crash', 'watch', paths.id], paths, env);
}
