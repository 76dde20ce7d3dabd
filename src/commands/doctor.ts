import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError, type ExitStatus } from '../errors.ts';
import { runChecks } from '../host/assess.ts';
import { checks } from '../host/checks/table.ts';
import { gatherHost } from '../host/gather/host.ts';
import { drawReport, reportAsJson } from '../host/report.ts';
import { openFixture } from '../host/source/fixture-source.ts';
import { openRealHost } from '../host/source/real-source.ts';
import { renderDoctor } from '../ui/doctor.ts';
import { gatherLab } from './doctor/lab.ts';

export interface DoctorOptions {
  /** Ids of checks; all when empty. */
  readonly only: readonly string[];
  readonly list: boolean;
  readonly requireKvm: boolean;
  /** Folder that describes a host; undefined for the real one. Relative to the current folder. */
  readonly root: string | undefined;
}

/**
 * `utopia doctor`: whether labs run on this host, and what keeps them from it.
 * Gives 0 for ready and degraded, 69 for not-ready.
 */
export async function runDoctor(
  context: Context,
  globals: GlobalOptions,
  options: DoctorOptions,
): Promise<ExitStatus> {
  const { terminal, signal } = context;
  if (options.list) {
    printList(context, globals.json);
    return exitStatus.ok;
  }
  const only = knownIds(options.only);
  const source =
    options.root === undefined
      ? openRealHost(context.env, signal)
      : await openFixture(resolve(context.cwd, options.root));
  const lab = await gatherLab(
    context,
    globals,
    options.root === undefined ? undefined : source.env,
  );
  const facts = await gatherHost(source, {
    config: lab.config,
    overlayFolder: lab.overlayFolder,
    signal,
  });
  signal.throwIfAborted();
  const wanted = lab.config?.accelerator ?? 'auto';
  const requireKvm = options.requireKvm || wanted === 'kvm';
  const results = runChecks(checks, { facts, lab, requireKvm });
  const report = drawReport(results, { facts, wanted, only, requireKvm });
  if (globals.json) {
    terminal.out(JSON.stringify(reportAsJson(report), undefined, 2));
  } else {
    const lines = renderDoctor(report, {
      columns: terminal.columns,
      color: terminal.color,
      symbols: terminal.symbols,
      verbose: globals.verbose || only.size > 0,
      asRoot: facts.account.uid === 0,
    });
    terminal.out(lines.join('\n'));
  }
  return report.verdict === 'not-ready' ? exitStatus.unavailable : exitStatus.ok;
}

function knownIds(wanted: readonly string[]): ReadonlySet<string> {
  const ids = wanted.flatMap((word) => word.split(','));
  for (const id of ids) {
    if (checks.some((check) => check.id === id)) continue;
    throw new UtopiaError('usage', `There is no check ${id}.`, {
      hint: 'utopia doctor --list names them.',
    });
  }
  return new Set(ids);
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
    terminal.out(JSON.stringify({ schema: 1, checks: list }, undefined, 2));
    return;
  }
  for (const { id, group, title } of checks) {
    terminal.out(`${id.padEnd(16)} ${group.padEnd(5)} ${title}`);
  }
}
