import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { findInPath } from '../../host/find-program.ts';
import {
  createGcovReader,
  lcovText,
  summarizeCoverage,
  type CoverageSummary,
} from '../../module/gcov-coverage.ts';
import type { TrialReport } from '../../module/test-report.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { isReachable } from '../../system/look.ts';
import { namedFileMode } from '../../system/umask.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { runMake } from '../kernel/run-make.ts';
import type { ModuleBuild } from './module-build.ts';

/** What of a module ran, in a report. */
export interface Coverage {
  readonly files: readonly CoverageSummary[];
  /** Absolute. */
  readonly lcov: string;
  /** Absolute; null where this host has no genhtml. */
  readonly html: string | null;
}

/** What of a module ran in a trial, or as a hint why that cannot be told; neither where nobody asks. */
export async function coverageOf(
  context: LifecycleContext,
  { folder, coverage: place }: { readonly folder: string; readonly coverage: string | undefined },
  { gcov, report }: ModuleBuild,
  { counts, lacksGcov, ended }: TrialReport,
): Promise<{ readonly coverage: Coverage | null; readonly hints: readonly string[] }> {
  if (place === undefined) return { coverage: null, hints: [] };
  if (lacksGcov) return without('the kernel has no gcov (utopia kernel config --with gcov)');
  if (!ended) return without('the copy ended before it could be read');
  if (report.where === 'guest') return without('the module was built in the guest');
  if (gcov === undefined) return without('the compiler of the kernel is not gcc');
  if (counts.length === 0) return without('the module counts nothing');
  const given = new Map(
    counts.map(([name, base64]) => [name, Buffer.from(base64, 'base64')] as const),
  );
  const coverage = await readCoverage(context, folder, gcov, given, place);
  return coverage === undefined
    ? without(`${gcov.at(-1)} has read nothing of the module`)
    : { coverage, hints: [] };
}

function without(why: string): { readonly coverage: null; readonly hints: readonly string[] } {
  return { coverage: null, hints: [`No coverage: ${why}.`] };
}

/** Counts that a guest has given, by the object that they are of: `sub/hello.gcda`. */
type GivenCounts = ReadonlyMap<string, Buffer>;

const mostCounts = 200;

/**
 * Reads the counts of a module by the gcov of its compiler, and writes `lcov.info`, and where
 * genhtml is installed its pages, into `place`. `gcov` is its words, confined as the build was.
 * Undefined where gcov tells of no line of the module. Throws `cannot-create`.
 */
async function readCoverage(
  { env, signal, urgentSignal }: LifecycleContext,
  folder: string,
  gcov: readonly string[],
  counts: GivenCounts,
  place: string,
): Promise<Coverage | undefined> {
  const paths: string[] = [];
  const top = await realpath(folder);
  for (const [name, bytes] of counts) {
    // A guest's word: only what was built here has its notes beside it.
    if (!/^(?:[\w+-]+\/)*[\w+-]+\.gcda$/.test(name) || paths.length >= mostCounts) continue;
    if (!(await isReachable(join(folder, name.replace(/gcda$/, 'gcno'))))) continue;
    // Not through a link out of the folder.
    if ((await realpath(dirname(join(folder, name)))) !== join(top, dirname(name))) continue;
    await writeFileAtomically(join(folder, name), bytes, { mode: namedFileMode() });
    // Confined, it starts in another folder.
    paths.push(join(folder, name));
  }
  const reader = createGcovReader(folder);
  const run = { cwd: folder, env, signal, urgentSignal, log: undefined };
  if (paths.length > 0) {
    await runMake({ ...run, argv: [...gcov, '--stdout', ...paths], onLine: reader.take });
  }
  const files = reader.files();
  if (files.length === 0) return undefined;
  const lcov = join(place, 'lcov.info');
  try {
    await mkdir(place, { recursive: true });
    await writeFileAtomically(lcov, lcovText(folder, files), { mode: namedFileMode() });
  } catch (error) {
    throw new UtopiaError('cannot-create', `The coverage cannot be written to ${place}.`, {
      hint: 'Name another folder: --coverage FOLDER',
      cause: error,
    });
  }
  const genhtml = await findInPath('genhtml', env);
  const summaries = files.map(summarizeCoverage);
  if (genhtml === undefined) return { files: summaries, lcov, html: null };
  const words = [genhtml, '--quiet', '--output-directory', place, basename(lcov)];
  const status = await runMake({ ...run, cwd: place, argv: words });
  return { files: summaries, lcov, html: status === 0 ? join(place, 'index.html') : null };
}
