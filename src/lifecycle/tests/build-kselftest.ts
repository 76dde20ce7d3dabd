import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readSourceTree } from '../../kernel/source-tree.ts';
import { isThere } from '../../system/look.ts';
import { readRegularText } from '../../system/regular-file.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { lockOut } from '../kernel/out-record.ts';
import { runMake } from '../kernel/run-make.ts';

/** Where a kernel's own tests come from. */
export interface KselftestRequest {
  /** Folders of tools/testing/selftests: `timers`, `net/forwarding`. */
  readonly targets: readonly string[];
  /** Absolute: the source, or a folder of objects (make O=…). */
  readonly source: string;
  readonly jobs: number;
}

const shownLines = 12;

/**
 * Builds tests of a kernel's source on this host, by its own make, and gives the folder that they
 * are installed in, with their run_kselftest.sh: `kselftest/kselftest_install` of its objects.
 * Throws `usage` for a name that is none, `folder-missing`, `kernel-unsuitable`, `kernel-busy`,
 * `kernel-build-failed` and `interrupted`.
 */
export async function buildKselftest(
  context: LifecycleContext,
  globals: LifecycleOptions,
  { targets, source, jobs }: KselftestRequest,
): Promise<string> {
  const { env, signal, urgentSignal, reporter } = context;
  const unfit = targets.find((each) => !/^[\w+-]+(?:\/[\w+-]+)*$/.test(each));
  if (unfit !== undefined) {
    throw new UtopiaError('usage', `"${unfit}" is no folder of tools/testing/selftests.`, {
      hint: 'As in: utopia test --kselftest timers',
    });
  }
  const tree = await readSourceTree(source);
  // A build with objects elsewhere refuses a source in which something was made.
  if (!(await isThere(join(tree.out, '.config')))) {
    throw new UtopiaError('kernel-unsuitable', `No kernel is configured in ${tree.out}.`, {
      hint: 'Kselftests are built where the kernel is: name the folder of its objects (-o), or configure it there.',
    });
  }
  const install = join(tree.out, 'kselftest/kselftest_install');
  const lock = await lockOut(tree.out, 'kernel-busy');
  const display = await reporter.openProgress(globals.quiet || globals.json);
  const last: string[] = [];
  const startedAt = performance.now();
  const title = 'kselftest';
  try {
    display.report({ kind: 'started', title });
    // Those of another time would run as well.
    await rm(install, { recursive: true, force: true });
    const status = await runMake({
      argv: [
        ...['make', '-C', join(tree.source, 'tools/testing/selftests'), `-j${jobs}`],
        ...[`O=${tree.out}`, `TARGETS=${targets.join(' ')}`, `INSTALL_PATH=${install}`, 'install'],
      ],
      ...{ cwd: tree.source, env, signal, urgentSignal, log: undefined },
      onLine: (line) => {
        last.push(line);
        if (last.length > shownLines) last.shift();
      },
    });
    if (signal.aborted) throw new UtopiaError('interrupted', 'Interrupted.');
    const list = await readRegularText(join(install, 'kselftest-list.txt')).catch(() => '');
    // Its make leaves out what did not build, and ends with 0.
    const missing = targets.filter((each) => !list.includes(`${each}:`));
    if (status !== 0 || missing.length > 0) {
      throw new UtopiaError(
        'kernel-build-failed',
        `The kselftests were not built${missing.length > 0 ? `: ${missing.join(', ')}` : '.'}`,
        {
          details: last.map((line) => `| ${line}`),
          hint: `${join(tree.source, 'tools/testing/selftests')} has them, and their README.`,
        },
      );
    }
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: `built in ${tree.out}`, elapsedMs });
    return install;
  } finally {
    display.close();
    await lock.close();
  }
}
