import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { adviseBuild } from '../../kernel/build-advice.ts';
import type { BuildSummary } from '../../kernel/build-output.ts';
import { isBuildName } from '../../kernel/build-store.ts';
import { readConfigNote } from '../../kernel/config-note.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { writeCompileCommands } from './write-compile-commands.ts';
import { keepBuild, type KeptBuild } from './keep-build.ts';
import { outFiles } from './out-record.ts';
import { configCommand, prepareBuild, type BuildRequest } from './prepare-build.ts';
import { runBuild } from './run-build.ts';

export type { BuildRequest } from './prepare-build.ts';

/** What became of a build. */
export interface BuildEnd {
  readonly summary: BuildSummary;
  /** Of the whole command, milliseconds. */
  readonly ms: number;
  /** Undefined where it failed, or where other targets were named: nothing is kept then. */
  readonly kept: KeptBuild | undefined;
  /** Why it failed; undefined where it did not. */
  readonly failure: UtopiaError | undefined;
}

/**
 * Builds a kernel with its modules and keeps it in the store, or only `targets`; `forEditors` writes
 * compile_commands.json, too. A source that does
 * not build is an end like another; throws for everything else: see prepareBuild and keepBuild.
 */
export async function buildKernel(
  context: LifecycleContext,
  request: BuildRequest,
  { silent, forEditors = true }: { readonly silent: boolean; readonly forEditors?: boolean },
): Promise<BuildEnd> {
  const startedAt = performance.now();
  requireBuildName(request.name);
  await using build = await prepareBuild(request, context);
  if (build.warning !== undefined && !silent) context.reporter.warn(build.warning);
  const { tree, out, config } = build;
  const targets = [
    'bzImage',
    ...(config.options.get('MODULES') === 'y' ? ['modules'] : []),
    ...(config.options.get('GDB_SCRIPTS') === 'y' ? ['scripts_gdb'] : []),
  ];
  const display = await context.reporter.openProgress(silent);
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  try {
    const wanted = request.targets.length === 0 ? targets : request.targets;
    const { succeeded, summary } = await runBuild(context, build, wanted, display);
    if (!succeeded) {
      const failure = describeFailure(summary, out, configCommand(tree, out));
      return { summary, ms: elapsed(), kept: undefined, failure };
    }
    if (forEditors) await writeCompileCommands(context, build, summary.compiled, display);
    if (request.targets.length > 0) {
      return { summary, ms: elapsed(), kept: undefined, failure: undefined };
    }
    const kept = await keepBuild(
      context,
      build,
      { name: request.name, fragments: await readFragments(out) },
      display,
    );
    return { summary, ms: elapsed(), kept, failure: undefined };
  } finally {
    display.close();
  }
}

/** What the .config was asked to have beyond its base. */
async function readFragments(out: string): Promise<readonly string[]> {
  const note = await readConfigNote(out);
  return note === undefined ? [] : [...note.with, ...note.fragments];
}

function requireBuildName(name: string | undefined): void {
  if (name === undefined || isBuildName(name)) return;
  throw new UtopiaError('usage', `--name ${name}: no name for a build.`, {
    hint: 'It has letters, digits and . _ + - ~, at most 64, and does not begin with . or -',
  });
}

/** Errors that are shown; the log has all. */
const shownErrors = 20;

function describeFailure(summary: BuildSummary, out: string, config: string): UtopiaError {
  const { errors, errorCount, failedTarget, lastLines } = summary;
  const log = join(out, outFiles.log);
  if ([...errors.map(({ message }) => message), ...lastLines].some((each) => saysOutOfRoom(each))) {
    return new UtopiaError('disk-full', `The build stopped: there is no room left in ${out}.`, {
      hint: 'Free some space there; the same command goes on from where it stopped.',
    });
  }
  const advice = adviseBuild(summary, config);
  const shown = errors.slice(0, shownErrors).map(describeMessage);
  const more = errorCount - shown.length;
  const target = failedTarget === undefined ? '' : ` at ${failedTarget}`;
  return new UtopiaError(
    'kernel-build-failed',
    errorCount === 0
      ? `The build failed${target}.`
      : `The build failed: ${errorCount} ${errorCount === 1 ? 'error' : 'errors'}.`,
    {
      details: [
        ...(shown.length > 0 ? shown : lastLines.map((line) => `| ${line}`)),
        ...(more > 0 ? [`and ${more} more`] : []),
        `Logs ${log}`,
      ],
      ...(advice === undefined ? {} : { hint: advice }),
    },
  );
}

/** `init/version.c:56:41: unused variable 'x'`. */
export function describeMessage({
  file,
  line,
  column,
  message,
  includedFrom,
}: BuildSummary['errors'][number]): string {
  const place = [file, line, column].filter((part) => part !== null && part !== undefined);
  const from = includedFrom === undefined ? '' : ` (included from ${includedFrom})`;
  return `${place.length === 0 ? '' : `${place.join(':')}: `}${message}${from}`;
}
