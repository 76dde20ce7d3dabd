import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { createBuildOutput, type BuildSummary } from '../../kernel/build-output.ts';
import { mostConfigBytes } from '../../kernel/config-text.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { readRegularFile } from '../../system/regular-file.ts';
import { countOf } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { isConfigCurrent } from './config-current.ts';
import { outFiles, readOutRecord, writeOutRecord } from './out-record.ts';
import type { PreparedBuild } from './prepare-build.ts';
import { runMake } from './run-make.ts';

/** What became of make's part of a build. */
export interface MakeEnd {
  /** make ended with 0. */
  readonly succeeded: boolean;
  readonly summary: BuildSummary;
}

/**
 * Brings the .config up to this source and runs make. Throws `interrupted` where it was stopped,
 * once make has ended.
 */
export async function runBuild(
  context: LifecycleContext,
  build: PreparedBuild,
  targets: readonly string[],
  display: ProgressDisplay,
): Promise<MakeEnd> {
  const { tree, out } = build;
  const output = createBuildOutput({ source: tree.source, out });
  const log = join(out, outFiles.log);
  await rm(log, { force: true });
  const run = async (argv: readonly string[], onLine: (line: string) => void): Promise<boolean> => {
    const { env, signal, urgentSignal } = context;
    const status = await runMake({
      ...{ argv, env, signal, urgentSignal, onLine, log },
      cwd: tree.source,
    });
    if (!signal.aborted) return status === 0;
    throw new UtopiaError('interrupted', `Interrupted; what is built stays in ${out}.`, {
      hint: 'The same command goes on from there.',
    });
  };
  if (!(await isConfigCurrent(tree.source, out))) {
    const title = 'config';
    display.report({ kind: 'started', title });
    const startedAt = performance.now();
    const isDone = await run(build.makeArgv('olddefconfig'), (line) => void output.take(line));
    if (!isDone) return { succeeded: false, summary: output.summary() };
    const was = build.config.version;
    const detail =
      was === undefined || was === tree.version
        ? `olddefconfig, for ${tree.version}`
        : `was of ${was}; olddefconfig made it one of ${tree.version}`;
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail, elapsedMs });
  }
  const config = createHash('sha256')
    .update(await readRegularFile(join(out, '.config'), mostConfigBytes))
    .digest('hex');
  const before = await readOutRecord(out);
  const known = before?.config === config ? before : undefined;
  const expected = build.again ? known?.again : known?.first;
  const title = 'build';
  let steps = 0;
  let shownAt = 0;
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const succeeded = await run(build.makeArgv(...targets), (line) => {
    const step = output.take(line);
    if (step === undefined) return;
    steps += 1;
    const now = performance.now();
    if (now - shownAt < redrawMs) return;
    shownAt = now;
    const detail = `${step.action} ${step.target}`;
    display.report(
      expected === undefined
        ? { kind: 'moved', title, detail: `${steps}  ${detail}` }
        : // One more than last time is not the end.
          { kind: 'moved', title, detail, fraction: Math.min(steps / expected, 0.99) },
    );
  });
  const summary = output.summary();
  if (succeeded) {
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: countOf(steps, 'step'), elapsedMs });
    const counted = build.again ? { again: steps } : { first: steps };
    await writeOutRecord(out, { ...known, ...counted, schema: 1, config });
  } else display.report({ kind: 'failed', title, detail: countOf(summary.errorCount, 'error') });
  return { succeeded, summary };
}

/** A spinner has ten pictures a second. */
const redrawMs = 100;
