import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, type ExitStatus } from '../errors.ts';
import { checks, readCheckIds } from '../host/checks/table.ts';
import { findElevator } from '../host/fixes/elevation.ts';
import { reportAsJson } from '../host/host-report.ts';
import { renderDoctor } from '../ui/doctor.ts';
import { checksOf, doctorCommand, readWorks } from '../host/works.ts';
import { examineHost } from '../lifecycle/doctor/examine-host.ts';
import { lookUpwards } from '../lifecycle/launch/look-upwards.ts';

export interface DoctorOptions {
  /** Ids of checks; all when empty. */
  readonly only: readonly string[];
  /** Work, as typed, for which the host is judged in place of labs. */
  readonly work: readonly string[];
  readonly list: boolean;
  readonly requireKvm: boolean;
  /** Folder that describes a host; undefined for the real one. Relative to the current folder. */
  readonly root: string | undefined;
  /** Print the page about this check, and look at nothing. */
  readonly explain: string | undefined;
  /** Write everything into this file, without names; `-` is stdout. */
  readonly report: string | undefined;
  /** Ids of checks whose problems are to be mended, all when empty; undefined to look only. */
  readonly fix: readonly string[] | undefined;
  /** With `fix`: agree to everything. */
  readonly yes: boolean;
  /** With `fix`: print a shell script and do nothing. */
  readonly dryRun: boolean;
}

/**
 * `utopia doctor`: whether labs run on this host, and what keeps them from it.
 * Gives 0 for ready and degraded, 69 for not-ready.
 */
export async function runDoctor(
  context: Context,
  typed: GlobalOptions,
  options: DoctorOptions,
): Promise<ExitStatus> {
  const { terminal } = context;
  if (options.list) {
    printList(context, typed.json);
    return exitStatus.ok;
  }
  if (options.explain !== undefined) {
    await printPage(context, typed.json, options.explain);
    return exitStatus.ok;
  }
  const work = readWorks(options.work);
  const workIds = checksOf(work);
  const globals = await lookUpwards(context, typed);
  if (options.fix !== undefined) {
    const { runDoctorFix } = await import('./doctor/fix.ts');
    const fixOnly = readCheckIds([...options.fix, ...options.only, ...workIds]);
    return await runDoctorFix(context, globals, { ...options, work, only: fixOnly });
  }
  const only = readCheckIds([...options.only, ...workIds]);
  if (options.report !== undefined) {
    const { runDoctorReport } = await import('./doctor/write-report.ts');
    return await runDoctorReport(context, globals, { ...options, work, only }, options.report);
  }
  const { report, facts } = await examineHost(context, globals, { ...options, work, only });
  if (globals.json) {
    terminal.json(reportAsJson(report), 2);
  } else {
    const lines = renderDoctor(report, {
      columns: terminal.columns,
      color: terminal.color,
      symbols: terminal.symbols,
      verbose: globals.verbose || options.only.length > 0,
      command: doctorCommand(work),
      asRoot: facts.account.uid === 0,
      elevator: options.root === undefined ? findElevator(context.env) : undefined,
    });
    terminal.outWhole(lines.join('\n'));
  }
  return report.verdict === 'not-ready' ? exitStatus.unavailable : exitStatus.ok;
}

async function printPage({ terminal }: Context, json: boolean, id: string): Promise<void> {
  const [wanted] = readCheckIds([id]);
  const check = checks.find((each) => each.id === wanted);
  if (check === undefined) return;
  const { pageOf } = await import('../host/explain/pages.ts');
  const page = pageOf(check);
  if (json) {
    terminal.json({ schema: 1, ...page }, 2);
    return;
  }
  const { renderPage } = await import('../ui/explain.ts');
  terminal.outWhole(renderPage(page, terminal).join('\n'));
}

function printList({ terminal }: Context, json: boolean): void {
  if (json) {
    const list = checks.map(({ id, group, title, reads, causes }) => {
      return { id, group, title, reads, causes };
    });
    terminal.json({ schema: 1, checks: list }, 2);
    return;
  }
  for (const { id, group, title } of checks) {
    terminal.out(`${id.padEnd(16)} ${group.padEnd(5)} ${title}`);
  }
}
