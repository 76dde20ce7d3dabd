import { UtopiaError } from '../../errors.ts';
import { explainBuild } from '../../diagnose/build-trouble.ts';
import { createBuildOutput, type BuildMessage } from '../../kernel/build-output.ts';
import { isReachable, leadsToFolder } from '../../system/look.ts';
import { isAbsolute, join, relative } from 'node:path';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext, LifecycleOptions } from '../context.ts';
import { describeMessage } from '../kernel/build-kernel.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { buildInGuest } from './build-in-guest.ts';
import { buildOnHost } from './build-on-host.ts';
import { checkStyle, requireSparse } from './check-source.ts';
import { writeEditorFiles } from './editor-files.ts';
import { findHeaders, type KernelHeaders } from './headers.ts';
import { holdFolder } from './hold-folder.ts';
import { findHostWay, type HostWay } from './host-way.ts';
import { findNativeWay } from './native-way.ts';
import { findTargetKernel, type ModuleUse, type TargetKernel } from './target-kernel.ts';
import type { Diagnostic, ModuleBuild, ModuleBuildReport, WayEnd } from './types.ts';

export interface ModuleBuildRequest {
  /** Absolute folder of the module, with a Kbuild or Makefile. */
  readonly folder: string;
  readonly use: ModuleUse;
  /** Things that make does at a time. */
  readonly jobs: number;
  /** Run sparse, and checkpatch where the kernel's source is there. */
  readonly check: boolean;
  readonly yes: boolean;
  /** Let it count which of its lines run, where the kernel has gcov. */
  readonly coverage?: boolean;
  /** Called once it is decided where it is built. */
  readonly begins?: (where: ModuleBuildReport['where']) => void;
}

/** Where a module is built, decided. */
type Way = Exclude<HostWay, { readonly kind: 'none' }> & { readonly headers: KernelHeaders };

/**
 * Builds a module: on this host where that fits, else in a throwaway copy of the machine; which
 * one, and why, is said. A module that does not build is an end like another. Throws
 * `folder-missing`, `kernel-unsuitable`, `kernel-unknown`, `program-missing`, `interrupted`, and
 * what a copy throws that does not start.
 */
export async function buildModule(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  request: ModuleBuildRequest,
): Promise<ModuleBuild> {
  const startedAt = performance.now();
  const { folder } = request;
  await requireModule(folder);
  const silent = globals.quiet || globals.json;
  if (request.check) await requireSparse(context.env);
  const target = await findTarget(context, located, request.use);
  const display = await context.reporter.openProgress(silent);
  let hold: AsyncDisposable | undefined;
  try {
    hold = await holdFolder(folder, context.signal, display);
    const way = await chooseWay(context, target, folder, display);
    const why = whyThere(way, target);
    const where = way.kind === 'none' ? 'guest' : way.kind;
    const version = typeof target === 'string' ? null : target.version;
    reportWay(display, way, why);
    request.begins?.(where);
    // Neither an image's tools nor a guest has sparse as a rule.
    const checks = request.check && way.kind === 'host';
    if (request.check && !checks) {
      const detail = 'left out: sparse and checkpatch run in builds by this host alone';
      display.report({ kind: 'warned', title: 'check', detail });
    }
    const read = createBuildOutput({
      source: folder,
      out: way.kind === 'none' ? `/lib/modules/${version ?? 'unknown'}/build` : way.headers.build,
    });
    let end: WayEnd;
    if (way.kind !== 'none') {
      display.report({ kind: 'started', title: 'build' });
      const { jobs } = request;
      const onLine = (line: string): void => {
        const step = read.take(line);
        if (step === undefined) return;
        const detail = `${step.action} ${relative(folder, step.target)}`;
        display.report({ kind: 'moved', title: 'build', detail });
      };
      const variables = [
        ...(checks ? ['C=2', 'CHECK=sparse'] : []),
        ...(request.coverage === true ? ['GCOV_PROFILE=y'] : []),
      ];
      const { headers } = way;
      end = await buildOnHost(context, { folder, headers, way, jobs, variables, onLine });
      await writeEditorFiles(folder, end.objects, headers.build);
    } else {
      // A copy has a display of its own.
      display.close();
      end = await buildInGuest(context, globals, located, {
        ...{ folder, yes: request.yes, startedAt },
      });
      for (const line of end.output.split('\n')) read.take(line);
    }
    const { errors, warnings, lastLines, errorCount } = read.summary();
    // For a person a file's name begins where that person is.
    const named = (each: BuildMessage): BuildMessage =>
      each.file === null || isAbsolute(each.file)
        ? each
        : { ...each, file: relative(context.cwd, join(folder, each.file)) };
    const style =
      checks && typeof target !== 'string' && way.kind === 'host'
        ? await checkStyle(context, target, folder, way.prefix)
        : [];
    const built = end.succeeded && end.objects.length > 0;
    const diagnostics = [
      ...errors.map((each) => asDiagnostic(each, 'error')),
      ...warnings.map((each) => asDiagnostic(each, 'warning')),
      ...style,
    ];
    return {
      report: {
        schema: 1,
        outcome: built ? 'built' : 'failed',
        ...{ where, why, kernel: version },
        confined: way.kind === 'none' || way.unconfined === undefined,
        ...{ objects: end.objects, diagnostics },
        ms: Math.round(performance.now() - startedAt),
      },
      failure: built
        ? undefined
        : describeFailure(end, { errors: errors.map(named), count: errorCount, lastLines }),
      trouble: built ? undefined : explainBuild(end.output),
      gcov: way.kind === 'none' ? undefined : gcovOf(way),
    };
  } finally {
    display.close();
    await hold?.[Symbol.asyncDispose]();
    if (typeof target !== 'string' && target.from !== 'build') {
      await target.disk[Symbol.asyncDispose]();
    }
  }
}

/** `gcov-12` of `gcc-12`. */
function gcovOf({ prefix, compiler }: Way): readonly string[] | undefined {
  const name = compiler.replace(/gcc(-\d+)?$/, 'gcov$1');
  return name === compiler ? undefined : [...prefix, name];
}

/** Throws `folder-missing`, or `usage` for a folder that kbuild cannot build in. */
async function requireModule(folder: string): Promise<void> {
  if (!(await leadsToFolder(folder))) {
    throw new UtopiaError('folder-missing', `${folder} is no folder.`, {
      hint: "Name the folder with the module's Makefile or Kbuild.",
    });
  }
  if (/[\s:]/.test(folder)) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `A module cannot be built in ${folder}: kbuild takes no path with a blank or a colon.`,
      { hint: 'Move or rename the folder.' },
    );
  }
  const there = await Promise.all(
    ['Kbuild', 'Makefile'].map(async (name) => await isReachable(join(folder, name))),
  );
  if (there.includes(true)) return;
  throw new UtopiaError('kernel-unsuitable', `${folder} has neither a Kbuild nor a Makefile.`, {
    hint: 'It names the objects, as in: obj-m := hello.o',
  });
}

/** The kernel, or why its disk cannot be read: then only the guest knows. */
async function findTarget(
  context: LifecycleContext,
  located: LocatedMachine,
  use: ModuleUse,
): Promise<TargetKernel | string> {
  try {
    return await findTargetKernel(context, located, use);
  } catch (error) {
    if (
      error instanceof UtopiaError &&
      error.code === 'kernel-unknown' &&
      located.config.kernel === undefined
    ) {
      return 'its disk cannot be read from outside';
    }
    throw error;
  }
}

async function chooseWay(
  context: LifecycleContext,
  target: TargetKernel | string,
  folder: string,
  display: ProgressDisplay,
): Promise<Way | Extract<HostWay, { readonly kind: 'none' }>> {
  if (typeof target === 'string') return { kind: 'none', why: target };
  const headers = await findHeaders(context, target, display);
  const host = await findHostWay(context.env, target, headers, folder);
  if (host.kind !== 'none') return { ...host, headers };
  const native = await findNativeWay(context, { target, headers, folder, display });
  if (native.kind !== 'none') return { ...native, headers, why: host.why };
  const same = native.why === '' || (/bwrap/.test(host.why) && /bwrap/.test(native.why));
  return { kind: 'none', why: same ? host.why : `${host.why}, and ${native.why}` };
}

/** `gcc-12 fits 6.1.0-56-amd64 of the image`. */
function whyThere(way: Way | HostWay, target: TargetKernel | string): string {
  if (way.kind === 'none') return way.why;
  const { version, from } = target as TargetKernel;
  if (way.kind === 'native') return `the image's own ${way.compiler}, since ${way.why}`;
  const whose = { build: 'your build', image: 'the image', private: 'the machine' }[from];
  return `${way.compiler} fits ${version} of ${whose}`;
}

/** Where it is built, and why; beyond that, what a build here is not kept from. */
function reportWay({ report }: ProgressDisplay, way: Way | HostWay, why: string): void {
  if (way.kind === 'none') return report({ kind: 'finished', title: 'guest', detail: why });
  const { unconfined } = way;
  const detail = unconfined === undefined ? `confined: ${why}` : why;
  report({ kind: 'finished', title: way.kind, detail });
  if (unconfined === undefined) return;
  const rights = `its make can do all that you can: ${unconfined}`;
  report({ kind: 'warned', title: 'unconfined', detail: rights });
}

function asDiagnostic(message: BuildMessage, level: Diagnostic['level']): Diagnostic {
  const { file, line, column = null } = message;
  return { file, line, column, level, message: message.message };
}

/** Errors that are shown. */
const shownErrors = 20;

function describeFailure(
  { succeeded, output }: WayEnd,
  {
    errors,
    count,
    lastLines,
  }: {
    readonly errors: readonly BuildMessage[];
    readonly count: number;
    readonly lastLines: readonly string[];
  },
): UtopiaError {
  if (succeeded) {
    return new UtopiaError('kernel-build-failed', 'Nothing was built: no object is asked for.', {
      hint: 'The Kbuild or Makefile names them, as in: obj-m := hello.o',
    });
  }
  const shown = errors.slice(0, shownErrors).map(describeMessage);
  const more = count - shown.length;
  const last = lastLines.length > 0 ? lastLines : output.trimEnd().split('\n').slice(-12);
  return new UtopiaError(
    'kernel-build-failed',
    count === 0
      ? 'The build failed.'
      : `The build failed: ${count} ${count === 1 ? 'error' : 'errors'}.`,
    {
      details: [
        ...(shown.length > 0 ? shown : last.map((line) => `| ${line}`)),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
    },
  );
}
