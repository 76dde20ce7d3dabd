import type { Environment } from '../../src/environment.ts';
import type { LifecycleContext } from '../../src/lifecycle/lifecycle-context.ts';

/** A context of plain values, as a program without a terminal fills one: nobody can answer a question. */
export function plainContext(
  cwd: string,
  env: Environment,
  report: (text: string) => void = () => {},
): LifecycleContext {
  const { signal } = new AbortController();
  return {
    cwd,
    env,
    program: [],
    signal,
    urgentSignal: signal,
    now: () => new Date(),
    timeoutScale: 6,
    reporter: {
      line: report,
      warn: report,
      alarm: report,
      openProgress: async () => ({
        report: (event) => report(JSON.stringify(event)),
        close: () => {},
      }),
      animated: false,
    },
    asker: { present: false, confirm: async (_question, { assumeYes }) => assumeYes },
    streams: process,
  };
}
