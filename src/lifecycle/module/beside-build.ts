import { openDeadline } from '../../system/deadline.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { buildModule } from './build-module.ts';
import type { ModuleBuild, ModuleBuildReport } from './module-build.ts';

/** A build under way. */
export interface BuildUnderWay {
  /** Where it is built, once that is decided; undefined where it has ended before. */
  readonly where: Promise<ModuleBuildReport['where'] | undefined>;
  readonly ended: Promise<ModuleBuild>;
}

/** Begins what `buildModule` does; what that throws comes with `ended`. */
export function beginBuild(
  context: Parameters<typeof buildModule>[0],
  globals: Parameters<typeof buildModule>[1],
  located: Parameters<typeof buildModule>[2],
  request: Parameters<typeof buildModule>[3],
): BuildUnderWay {
  let decide: ((where: ModuleBuildReport['where']) => void) | undefined;
  const decided = new Promise<ModuleBuildReport['where']>((resolve) => (decide = resolve));
  const begins = (where: ModuleBuildReport['where']): void => decide?.(where);
  const ended = buildModule(context, globals, located, { ...request, begins });
  const over = ended.then(
    () => undefined,
    () => undefined,
  );
  return { where: Promise.race([decided, over]), ended };
}

/**
 * The context of what goes on beside a build: it ends when the build fails, and until the build has
 * ended it neither asks nor draws, since the build's display has the terminal.
 */
export function besideBuild(
  context: LifecycleContext,
  ended: BuildUnderWay['ended'],
): { readonly context: LifecycleContext; readonly stop: () => void } {
  const { reporter, asker } = context;
  const end = openDeadline(undefined, context.signal);
  const over = ended
    .then(({ failure }) => failure)
    .catch((error: unknown) => error)
    .then((reason) => reason !== undefined && end.abort(reason));
  return {
    context: {
      ...context,
      signal: end.signal,
      reporter: {
        ...reporter,
        openProgress: async (silent) => {
          await over;
          return await reporter.openProgress(silent);
        },
      },
      asker: {
        present: asker.present,
        confirm: async (question, options) => {
          await over;
          return await asker.confirm(question, options);
        },
      },
    },
    stop: end.stop,
  };
}
