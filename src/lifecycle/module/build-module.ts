import { readdir } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import { explainBuild } from '../../diagnose/build-trouble.ts';
import { createBuildOutput, type BuildMessage } from '../../kernel/build-output.ts';
import { isReachable, leadsToFolder } from '../../system/look.ts';
import { isAbsolute, join, relative } from 'node:path';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { describeFailure } from './build-failure.ts';
import { buildInGuest } from './build-in-guest.ts';
import { buildOnHost } from './build-on-host.ts';
import { chooseWay, findTarget, gcovOf, reportWay, whyThere } from './choose-way.ts';
import { checkStyle, lacksSparse } from './check-source.ts';
import { writeEditorFiles } from './editor-files.ts';
import { holdFolder } from './hold-folder.ts';
import type { ModuleUse } from './target-kernel.ts';
import type { Diagnostic, ModuleBuild, ModuleBuildReport, WayEnd } from './module-build.ts';

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
    const lacking = request.check && (await lacksSparse(context.env));
    const checks = request.check && way.kind === 'host' && lacking === false;
    if (request.check && !checks) {
      const detail =
        lacking === false
          ? 'left out: sparse and checkpatch run in builds by this host alone'
          : `left out: this host has no sparse (${lacking})`;
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

/** Names of the folders in this one that have a Kbuild. */
async function modulesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((each) => each.isDirectory()).map(({ name }) => name);
  const found = await Promise.all(
    names.slice(0, 100).map(async (name) => await isReachable(join(folder, name, 'Kbuild'))),
  );
  return names.filter((_name, at) => found[at] === true).toSorted();
}

/** Throws `folder-missing`, or `usage` for a folder that kbuild cannot build in. */
async function requireModule(folder: string): Promise<void> {
  if (!(await leadsToFolder(folder))) {
    throw new UtopiaError('folder-missing', `${folder} is no folder.`, {
      hint: "Name the folder with the module's Makefile or Kbuild.",
    });
  }
  const [odd] = /[\s:;&|<>()$`'"\\,*?[\]{}#%]/.exec(folder) ?? [];
  if (odd !== undefined) {
    const what = /\s/.test(odd) ? 'a blank' : odd === ':' ? 'a colon' : `"${odd}"`;
    throw new UtopiaError(
      'kernel-unsuitable',
      `A module cannot be built in ${folder}: kbuild takes no path with ${what} in it.`,
      { hint: 'Move or rename the folder.' },
    );
  }
  const there = await Promise.all(
    ['Kbuild', 'Makefile'].map(async (name) => await isReachable(join(folder, name))),
  );
  if (there.includes(true)) return;
  const [below] = await modulesBelow(folder);
  throw new UtopiaError('kernel-unsuitable', `${folder} has neither a Kbuild nor a Makefile.`, {
    hint:
      below === undefined
        ? 'It names the objects, as in: obj-m := hello.o. utopia module new NAME makes a module.'
        : `A folder below it has one; name that: ${below}`,
  });
}

function asDiagnostic(message: BuildMessage, level: Diagnostic['level']): Diagnostic {
  const { file, line, column = null } = message;
  return { file, line, column, level, message: message.message };
}
