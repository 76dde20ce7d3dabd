import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError, type ExitStatus } from '../errors.ts';
import { checks } from '../host/checks/table.ts';
import { findElevator } from '../host/fixes/elevation.ts';
import { reportAsJson } from '../host/report.ts';
import { renderDoctor } from '../ui/doctor.ts';
import { checksOf, doctorCommand, listWords, works, type Work } from '../host/works.ts';
import { examineHost } from './doctor/examine.ts';
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
  const work = knownWork(options.work);
  const workIds = checksOf(work);
  const globals = await lookUpwards(context, typed);
  if (options.fix !== undefined) {
    const { runDoctorFix } = await import('./doctor/fix.ts');
    const fixOnly = knownIds([...options.fix, ...options.only, ...workIds]);
    return await runDoctorFix(context, globals, { ...options, work, only: fixOnly });
  }
  const only = knownIds([...options.only, ...workIds]);
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

/** Ids as typed, some with commas between them. Throws `usage` for one that no check has. */
export function knownIds(wanted: readonly string[]): ReadonlySet<string> {
  const ids = wanted.flatMap((word) => word.split(','));
  for (const id of ids) {
    if (checks.some((check) => check.id === id)) continue;
    throw new UtopiaError('usage', `There is no check ${id}.`, {
      hint: 'utopia doctor --list names them.',
    });
  }
  return new Set(ids);
}

/** Work as typed, some with commas between. Throws `usage` for what nobody knows. */
export function knownWork(wanted: readonly string[]): readonly Work[] {
  const words = new Set(wanted.flatMap((word) => word.split(',')));
  for (const word of words) {
    if (works.some((work) => work === word)) continue;
    throw new UtopiaError('usage', `--for does not know ${word}.`, {
      hint: `It knows ${listWords(works)}.`,
    });
  }
  return works.filter((work) => words.has(work));
}

async function printPage({ terminal }: Context, json: boolean, id: string): Promise<void> {
  const [wanted] = knownIds([id]);
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
    const list = checks.map(({ id, group, title, reads, causes }) => ({
      id,
      group,
      title,
      reads,
      causes,
    }));
    terminal.json({ schema: 1, checks: list }, 2);
    return;
  }
  for (const { id, group, title } of checks) {
    terminal.out(`${id.padEnd(16)} ${group.padEnd(5)} ${title}`);
  }
}
