import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere } from '../../host/find-qemu.ts';
import { createBuildOutput, type BuildSummary } from '../../kernel/build-output.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { recordBuilt } from '../../qemu/built.ts';
import { adviseQemuBuild, createNinjaReader, shortenStep } from '../../qemu/make-output.ts';
import type { QemuTree } from '../../qemu/qemu-tree.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import { countOf } from '../../text/format.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { describeMessage } from '../kernel/build-kernel.ts';
import { outFiles } from '../kernel/out-record.ts';
import { runMake } from '../kernel/run-make.ts';
import { configureQemu, type RunInBuild } from './configure-qemu.ts';
import { prepareQemu } from './prepare-qemu.ts';
import { binaryOf, type PreparedQemu, type QemuRequest } from './request.ts';
import { verifyQemu, type QemuVerdict } from './verify-qemu.ts';

/** What became of a build. */
export interface QemuEnd {
  readonly tree: QemuTree;
  readonly prefix: string;
  /** Folders of the host that it takes firmware from; empty where the source brings it. */
  readonly firmware: readonly string[];
  readonly summary: BuildSummary;
  /** Of the whole command, milliseconds. */
  readonly ms: number;
  /** What was installed, and whether a machine runs with it; undefined where it did not build. */
  readonly verdict: QemuVerdict | undefined;
  /** Why it failed; undefined where it did not. */
  readonly failure: UtopiaError | undefined;
}

/**
 * Configures, builds and installs QEMU, and boots a machine with it. A source that does not build,
 * and a QEMU with which no machine boots, are ends like others; throws for everything else: see
 * prepareQemu.
 */
export async function buildQemu(
  context: LifecycleContext,
  globals: LifecycleOptions,
  request: QemuRequest,
): Promise<QemuEnd> {
  const startedAt = performance.now();
  const silent = globals.quiet || globals.json;
  await using build = await prepareQemu(context, request);
  if (!silent) for (const warning of build.warnings) context.reporter.warn(warning);
  const { tree, out, prefix, firmware } = build;
  const display = await context.reporter.openProgress(silent);
  const output = createBuildOutput({ source: tree.folder, out });
  const log = join(out, outFiles.log);
  await rm(log, { force: true });
  const run = startIn(context, out, log);
  const end = (rest: Pick<QemuEnd, 'verdict' | 'failure'>): QemuEnd => {
    const ms = Math.round(performance.now() - startedAt);
    return { tree, prefix, firmware, summary: output.summary(), ms, ...rest };
  };
  try {
    await configureQemu(build, run, log, display);
    const target = await make(build, run, output, display);
    if (target.failed) {
      const failure = describeFailure(output.summary(), target.name, out);
      return end({ verdict: undefined, failure });
    }
    await install(build, run, log, display);
    if (!(await isRunnableHere(binaryOf(prefix)))) {
      const failure = new UtopiaError(
        'qemu-build-failed',
        `make install has put no qemu-system-x86_64 into ${join(prefix, 'bin')}.`,
        { hint: 'Leave out options of configure that switch it off, or put it elsewhere.' },
      );
      return end({ verdict: undefined, failure });
    }
    const builtAt = context.now().toISOString();
    await recordBuilt(context.env, { prefix, source: tree.folder, version: tree.version, builtAt });
    const verdict = await verifyQemu(context, globals, prefix, display);
    return end({ verdict, failure: verdict.failure });
  } finally {
    display.close();
  }
}

/** What the user's environment says to another make, ninja or installer. */
const foreign: ReadonlySet<string> = new Set(['DESTDIR', 'V', 'NINJAFLAGS']);

function startIn(
  { env, signal, urgentSignal }: LifecycleContext,
  out: string,
  log: string,
): RunInBuild {
  const own = Object.entries(env).filter(([name]) => !foreign.has(name));
  const quiet = { ...Object.fromEntries(own), NINJA_STATUS: '[%f/%t] ' };
  return async (argv, onLine) => {
    const status = await runMake({
      ...{ argv, env: quiet, signal, urgentSignal, onLine, log },
      cwd: out,
    });
    if (!signal.aborted) return status === 0;
    throw new UtopiaError('interrupted', `Interrupted; what is built stays in ${out}.`, {
      hint: 'The same command goes on from there.',
    });
  };
}

/** A spinner has ten pictures a second. */
const redrawMs = 100;

async function make(
  { jobs }: PreparedQemu,
  run: RunInBuild,
  output: ReturnType<typeof createBuildOutput>,
  display: ProgressDisplay,
): Promise<{ readonly failed: boolean; readonly name: string | undefined }> {
  const title = 'build';
  const read = createNinjaReader();
  let [steps, shownAt] = [0, 0];
  let name: string | undefined;
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const show = (detail: string, fraction: number | undefined): void => {
    steps += 1;
    const now = performance.now();
    if (now - shownAt < redrawMs) return;
    shownAt = now;
    display.report({
      kind: 'moved',
      title,
      detail,
      ...(fraction === undefined ? {} : { fraction }),
    });
  };
  const succeeded = await run(['make', `-j${jobs}`], (line) => {
    const found = read(line);
    if (found.kind === 'gave-up') name ??= found.target;
    if (found.kind === 'step') show(shortenStep(found.detail), found.done / found.total);
    if (found.kind !== 'other') return;
    // Up to 5.1 make prints its steps as the kernel's does, and how many there are is not known.
    const step = output.take(line);
    if (step !== undefined) show(`${steps + 1}  ${step.action} ${step.target}`, undefined);
  });
  const elapsedMs = performance.now() - startedAt;
  if (succeeded) {
    const detail = steps === 0 ? 'nothing to do' : countOf(steps, 'step');
    display.report({ kind: 'finished', title, detail, elapsedMs });
  } else {
    const detail = countOf(output.summary().errorCount, 'error');
    display.report({ kind: 'failed', title, detail });
  }
  return { failed: !succeeded, name };
}

async function install(
  { prefix }: PreparedQemu,
  run: RunInBuild,
  log: string,
  display: ProgressDisplay,
): Promise<void> {
  const title = 'install';
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const last: string[] = [];
  const succeeded = await run(['make', 'install'], (line) => {
    if (line.trim() === '') return;
    last.push(line.trim());
    if (last.length > 5) last.shift();
  });
  if (succeeded) {
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: prefix, elapsedMs });
    return;
  }
  display.report({ kind: 'failed', title });
  const what = `QEMU was built, but not installed into ${prefix}`;
  if (last.some((line) => saysOutOfRoom(line))) {
    throw new UtopiaError('disk-full', `${what}: there is no room left.`, {
      hint: 'Free some space there; the same command goes on.',
    });
  }
  throw new UtopiaError('cannot-create', `${what}.`, {
    details: [...last.map((line) => `| ${line}`), `Logs ${log}`],
    hint: 'Name a folder of yours: --prefix ~/opt/qemu',
  });
}

/** Errors that are shown; the log has all. */
const shownErrors = 20;

function describeFailure(
  summary: BuildSummary,
  target: string | undefined,
  out: string,
): UtopiaError {
  const { errors, errorCount, lastLines } = summary;
  const said = [...errors.map(({ message }) => message), ...lastLines];
  if (said.some((line) => saysOutOfRoom(line))) {
    return new UtopiaError('disk-full', `The build stopped: there is no room left in ${out}.`, {
      hint: 'Free some space there; the same command goes on from where it stopped.',
    });
  }
  const advice = adviseQemuBuild(said);
  const shown = errors.slice(0, shownErrors).map(describeMessage);
  const more = errorCount - shown.length;
  const at = target ?? summary.failedTarget;
  return new UtopiaError(
    'qemu-build-failed',
    errorCount === 0
      ? `The build failed${at === undefined ? '' : ` at ${at}`}.`
      : `The build failed: ${countOf(errorCount, 'error')}.`,
    {
      details: [
        ...(shown.length > 0 ? shown : lastLines.map((line) => `| ${line}`)),
        ...(more > 0 ? [`and ${more} more`] : []),
        `Logs ${join(out, outFiles.log)}`,
      ],
      ...(advice === undefined ? {} : { hint: advice }),
    },
  );
}
