import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readBuild } from '../../kernel/build-store.ts';
import { readSourceTree } from '../../kernel/source-tree.ts';
import { lockMachine } from '../../machine/lock.ts';
import { withoutRepository } from '../../system/git.ts';
import { makeFolder } from '../../system/make-folder.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { outOf } from '../kernel/prepare-build.ts';
import { locateMachine } from '../launch/locate.ts';
import { findSuitableQemu, requireBackingFile } from '../launch/prepare.ts';
import { readBisection, type Bisection } from './bisection.ts';
import { buildAndRun, nothing, type Step, type StepRequest, type Went } from './build-and-run.ts';
import { judgeStep, type StepVerdict } from './judge-step.ts';
import { bisectFiles, keepConfig } from './bisect-config.ts';
import { openStepLog } from './step-log.ts';

/** What a step came to. */
export interface StepResult extends StepVerdict, Omit<Went, 'end'> {
  readonly bisection: Bisection;
  /** Why it stopped, where something was thrown that its reader should see whole. */
  readonly trouble: UtopiaError | undefined;
  /** From 1, in this bisection. */
  readonly number: number;
  /** Absolute. */
  readonly log: string;
  readonly ms: number;
}

/** Ctrl-C ends git at once, and the step before tidies up for some seconds. */
const lockWaitMs = 60_000;

/**
 * One step of `git bisect run`: the commit that is checked out is built with the .config of the
 * bisection's start, booted in a throwaway copy, and TEST is run in it. Throws only where there is
 * no step: no bisection, no .config, no machine.
 */
export async function runBisectStep(
  outer: LifecycleContext,
  globals: LifecycleOptions,
  request: StepRequest,
): Promise<StepResult> {
  const startedAt = performance.now();
  // The builds ask git for versions: they are to find this tree, and not what git says of its own.
  const context = { ...outer, env: withoutRepository(outer.env) };
  const { signal, env } = context;
  const bisection = await readBisection(context.cwd, env, signal);
  const { folder, top } = bisection;
  await makeFolder(folder, { mode: 0o700 });
  const lock = await lockStep(folder, signal);
  try {
    const name = await chooseName(context, top);
    const flags = { ...request.flags, UTOPIA_KERNEL: name };
    const located = await locateMachine(context, globals, flags);
    // Told in the first second, and not after a build.
    await requireBackingFile(context, located);
    await findSuitableQemu(context, located, [], request.run.yes ? 'yes' : 'ask');
    const tree = await readSourceTree(top).catch(asUnsuitable);
    const isTree = !(tree instanceof UtopiaError);
    const out = request.out ?? (isTree ? outOf(tree, env) : top);
    const kept = await keepConfig(bisection, out, {
      version: isTree ? tree.version : undefined,
      hasInitrd: located.config.initrd !== undefined,
    });
    if (!isTree && kept.isNew) throw tree;
    const log = await openStepLog(folder, bisection.commit);
    const step = { context, globals, request, bisection, located, out, name, log };
    await logHead(step);
    const went = isTree
      ? await buildAndRun(step, kept.text)
      : { ...nothing, end: { kind: 'no-kernel', error: tree } as const };
    const { end, ...rest } = went;
    const judged = judgeStep(end, request.bootFailureIs);
    const ms = Math.round(performance.now() - startedAt);
    const error = end.kind === 'ran' ? undefined : end.error;
    await log.add(
      'verdict',
      `${judged.verdict}${judged.why === undefined ? '' : `: ${judged.why}`}`,
    );
    if (error !== undefined)
      await log.add('details', [...error.details, error.hint ?? ''].join('\n'));
    return {
      ...{ ...judged, ...rest, bisection, ms, number: log.number, log: log.file },
      trouble: judged.verdict === 'stop' ? error : undefined,
    };
  } finally {
    await lock.release();
  }
}

async function logHead({ bisection, out, name, request, log }: Step): Promise<void> {
  const { commit, subject, top, changed } = bisection;
  const lines = [
    ...[`commit   ${commit} ${subject}`, `source   ${top}`, `objects  ${out}`],
    ...[`build    ${name}`, `test     ${request.run.words.join(' ')}`],
    ...changed.map((line) => `changed  ${line}`),
  ];
  await log.add('step', lines.join('\n'));
}

/** `bisect`, unless another source's build has that name: two bisections do not take it from each other. */
async function chooseName({ env }: LifecycleContext, top: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'bisect' : `bisect-${number}`;
    const there = await readBuild(env, name).catch(() => undefined);
    if (there === undefined || there.source === top) return name;
  }
}

async function lockStep(
  folder: string,
  signal: AbortSignal,
): Promise<{ release(): Promise<void> }> {
  try {
    return await lockMachine(join(folder, bisectFiles.lock), { waitMs: lockWaitMs, signal });
  } catch (error) {
    if (!(error instanceof UtopiaError) || error.code !== 'machine-busy') throw error;
    throw new UtopiaError('kernel-busy', 'Another step of this bisection is under way.', {
      hint: 'Wait for its end; the same command goes on from there.',
    });
  }
}

function asUnsuitable(error: unknown): UtopiaError {
  if (error instanceof UtopiaError && error.code === 'kernel-unsuitable') return error;
  throw error;
}
