import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { runBisectStep, type StepResult } from '../../lifecycle/bisect/run-step.ts';
import type { BisectWish, RunOptions } from '../../lifecycle/several/run-options.ts';
import { homeFolder } from '../../system/places.ts';
import { describeBisectStep } from '../../ui/bisect-step.ts';
import { printError } from '../../ui/error.ts';

/** Nobody looks after a bisection: as of several runs. */
const usualTimeoutMs = 600_000;

/** `utopia run --bisect`: one step of `git bisect run`. Gives the status that git goes by. */
export async function runBisect(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
  wish: BisectWish,
): Promise<number> {
  const { cwd, terminal } = context;
  const { words, use, yes, network, maxOutputBytes, maxCopyOutBytes, from, flags } = options;
  const result = await runBisectStep(context, globals, {
    out: wish.output === undefined ? undefined : resolve(cwd, wish.output),
    jobs: options.jobs ?? availableParallelism(),
    ...{ llvm: wish.llvm, ccache: wish.ccache, bootFailureIs: wish.bootFailureIs, flags },
    run: {
      ...{ words, use, yes, network, maxOutputBytes, maxCopyOutBytes, from },
      ...{ copyOut: [], keep: undefined, sees: undefined, noInput: true },
      timeoutMs: options.timeoutMs ?? usualTimeoutMs,
      // A warm base is of one kernel, and this one is booted once.
      cold: true,
      capture: globals.json,
    },
  });
  if (globals.json) terminal.json(asJson(result));
  else if (!globals.quiet) {
    const shown = { ...result, consoleLog: result.report?.consoleLog ?? null };
    const places = { cwd, home: homeFolder(context.env) };
    for (const line of describeBisectStep(shown, terminal, places)) terminal.err(line);
  }
  if (result.trouble !== undefined) printError(terminal, result.trouble, globals.verbose);
  return result.status;
}

function asJson({ bisection, verdict, status, why, ...rest }: StepResult): object {
  const { commit, subject } = bisection;
  const { number, changes, build, report, log, ms } = rest;
  return {
    ...{ schema: 1, step: number, commit, subject, verdict, status, why: why ?? null },
    ...{ configChanges: changes, build: build ?? null, run: report ?? null, log, ms },
  };
}
