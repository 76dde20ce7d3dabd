import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { mostConfigBytes, parseKernelConfig } from '../../kernel/config-text.ts';
import { keepOutput } from '../../system/bounded-output.ts';
import { readRegularText } from '../../system/regular-file.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { buildKernel, describeMessage, type BuildEnd } from '../kernel/build-kernel.ts';
import { outFiles } from '../kernel/out-record.ts';
import type { ConfigFlags, LocatedMachine } from '../launch/locate.ts';
import { runInCopy } from '../throwaway/in-copy.ts';
import { reportFailure, type RunReport } from '../throwaway/run-verdict.ts';
import type { CopyRun } from '../throwaway/copy-run.ts';
import type { Bisection } from './bisection.ts';
import { findConfigChanges, type ConfigChange } from './config-changes.ts';
import type { BootFailureIs, StepEnd } from './judge-step.ts';
import { placeConfig, restoreConfig } from './bisect-config.ts';
import type { StepLog } from './step-log.ts';

/** What is asked of a step; paths are absolute. */
export interface StepRequest {
  /** Where objects go; undefined: the source, or where KBUILD_OUTPUT says. */
  readonly out: string | undefined;
  /** Of make. */
  readonly jobs: number;
  readonly llvm: boolean;
  readonly ccache: boolean;
  readonly bootFailureIs: BootFailureIs;
  readonly flags: ConfigFlags;
  /** TEST, and what it is given. */
  readonly run: Omit<CopyRun, 'alsoTo' | 'begins' | 'startedAt' | 'bootTimeoutMs' | 'takeConsole'>;
}

/** A step, decided. */
export interface Step {
  readonly context: LifecycleContext;
  readonly globals: LifecycleOptions;
  readonly request: StepRequest;
  readonly bisection: Bisection;
  readonly located: LocatedMachine;
  readonly out: string;
  /** Of the build in the store. */
  readonly name: string;
  readonly log: StepLog;
}

/** How far a step has come. */
export interface Went {
  readonly end: StepEnd;
  /** What olddefconfig made other than at the bisection's start. */
  readonly changes: readonly ConfigChange[];
  readonly build: { readonly name: string; readonly version: string } | undefined;
  /** Undefined where TEST was not come to. */
  readonly report: RunReport | undefined;
}

/** Of a step that came to nothing. */
export const nothing = { changes: [], build: undefined, report: undefined } as const;

/** A guest of a whole distribution, emulated on a busy host, is up in five minutes; one that only prints never is. */
const bootTimeoutMs = 1_800_000;

/** Builds the commit with the .config of the start, boots it and runs TEST in it; never throws for what befalls it. */
export async function buildAndRun(step: Step, config: string): Promise<Went> {
  const { bisection, out, log, context } = step;
  const { folder } = bisection;
  let changes: readonly ConfigChange[] = [];
  try {
    let built: BuildEnd;
    await placeConfig(folder, out, config);
    const begunAt = Date.now();
    try {
      built = await buildKernel(quietly(context, step.globals), buildRequest(step), {
        silent: step.globals.quiet || step.globals.json,
        // Seconds of each step, for a commit that nobody edits.
        forEditors: false,
      });
    } finally {
      const file = join(out, outFiles.log);
      const isOurs = await stat(file).then(
        ({ mtimeMs }) => mtimeMs >= begunAt - 1_000,
        () => false,
      );
      if (isOurs) await log.addFile('build', file);
    }
    changes = await readChanges(out, config);
    await log.add('config', describeChanges(changes));
    const { failure, kept, summary } = built;
    if (failure !== undefined) {
      if (failure.code !== 'kernel-build-failed') throw failure;
      const { message, details } = failure;
      const [first] = summary.errors;
      const what = first === undefined ? details[0] : describeMessage(first);
      const told = what === undefined ? message : `${message.replace(/\.$/, '')}: ${what}`;
      const error = new UtopiaError('kernel-build-failed', told, { details });
      return { ...nothing, changes, end: { kind: 'not-built', error } };
    }
    if (kept === undefined) throw new Error('a build of no targets is not kept');
    const build = { name: step.name, version: kept.build.version };
    return { ...(await runTest(step)), changes, build };
  } catch (error) {
    return {
      ...nothing,
      changes,
      end: { kind: 'thrown', error: asError(context, error), begun: false },
    };
  } finally {
    await restoreConfig(folder, out, config);
  }
}

async function runTest(step: Step): Promise<Pick<Went, 'end' | 'report'>> {
  const { context, globals, request, located, log } = step;
  const startedAt = performance.now();
  const outputs = { stdout: keepOutput(), stderr: keepOutput() };
  let begun = false;
  const run: CopyRun = {
    ...{ ...request.run, startedAt, bootTimeoutMs },
    // Nobody gives it input, and the first Ctrl-C is git's and ours.
    noInput: true,
    begins: () => (begun = true),
    alsoTo: { stdout: outputs.stdout.take, stderr: outputs.stderr.take },
    takeConsole: async (file) => await log.addFile('console', file),
  };
  try {
    const { report, end } = await runInCopy(context, globals, located, run);
    // A TEST that was ended by Ctrl-C in its own time has said nothing.
    if (context.signal.aborted) throw interrupted();
    return { report, end: { kind: 'ran', report, end } };
  } catch (thrown) {
    const error = asError(context, thrown);
    const elapsedMs = Math.round(performance.now() - startedAt);
    const report = reportFailure({ ...run, begun }, error, elapsedMs);
    return { report, end: { kind: 'thrown', error, begun } };
  } finally {
    for (const [name, output] of Object.entries(outputs)) {
      const { text } = output.kept();
      if (text !== '') await log.add(`${name} of TEST`, text);
    }
  }
}

function buildRequest({ request, bisection, out, name }: Step): Parameters<typeof buildKernel>[1] {
  const { jobs, llvm, ccache } = request;
  return { source: bisection.top, out, jobs, name, targets: [], llvm, ccache };
}

/** Of a build's stages only what moves is shown: a step has one line. */
function quietly(context: LifecycleContext, { verbose }: LifecycleOptions): LifecycleContext {
  const { reporter } = context;
  if (verbose) return context;
  const openProgress: typeof reporter.openProgress = async (silent) => {
    const display = await reporter.openProgress(silent);
    return {
      close: () => display.close(),
      report: (event) => {
        if (event.kind === 'started' || event.kind === 'moved') display.report(event);
      },
    };
  };
  return { ...context, reporter: { ...reporter, openProgress } };
}

async function readChanges(out: string, before: string): Promise<readonly ConfigChange[]> {
  const after = await readRegularText(join(out, '.config'), mostConfigBytes);
  const [one, other] = [parseKernelConfig(before), parseKernelConfig(after)];
  return one === undefined || other === undefined ? [] : findConfigChanges(one, other);
}

function describeChanges(changes: readonly ConfigChange[]): string {
  if (changes.length === 0) return 'as at the start of the bisection';
  return changes.map(({ option, was, is }) => `CONFIG_${option}: ${was} -> ${is}`).join('\n');
}

function interrupted(): UtopiaError {
  return new UtopiaError('interrupted', 'Interrupted; nothing is said of this commit.', {
    hint: 'The same command goes on: git bisect run …',
  });
}

/** What was thrown on purpose; a bug of ours goes on its way. */
function asError({ signal }: LifecycleContext, error: unknown): UtopiaError {
  if (signal.aborted) return interrupted();
  if (error instanceof UtopiaError) return error;
  throw error;
}
