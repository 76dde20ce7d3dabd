import type { Context, GlobalOptions } from '../../context.ts';
import { exitStatus, UtopiaError, type ExitStatus } from '../../errors.ts';
import { findElevator, findPrivilege, isInPath } from '../../host/fixes/elevation.ts';
import { sortOutcome } from '../../host/fixes/outcome.ts';
import { openRootShell } from '../../host/fixes/root-shell.ts';
import { fixScript } from '../../host/fixes/script.ts';
import { doctorCommand } from '../../host/works.ts';
import type { ExamineOptions } from '../../lifecycle/doctor/examine-host.ts';
import { mendHost, planHostFixes } from '../../lifecycle/doctor/fix-host.ts';
import type { DoctorStyle } from '../../ui/doctor.ts';
import { fixesAsJson } from '../../ui/fix-json.ts';
import { renderOutcome, renderPlan, renderRunning } from '../../ui/fix.ts';
import { wrapText } from '../../ui/lines.ts';

export interface FixOptions extends ExamineOptions {
  readonly yes: boolean;
  /** Print a shell script instead of doing anything. */
  readonly dryRun: boolean;
}

/**
 * `utopia doctor --fix`: shows what can be mended, asks once, does it, and looks
 * again after each fix. Gives 69 when labs still cannot run, or a fix failed.
 */
export async function runDoctorFix(
  context: Context,
  globals: GlobalOptions,
  options: FixOptions,
): Promise<ExitStatus> {
  const { terminal, env, urgentSignal } = context;
  if (options.root !== undefined && !options.dryRun) {
    throw new UtopiaError('usage', '--fix mends this host, not one that a folder describes.', {
      hint: 'Add --dry-run to see what would be done there.',
    });
  }
  const fixes = await planHostFixes(context, globals, options);
  const asRoot = fixes.seen.facts.account.uid === 0;
  const elevator = options.root === undefined ? findElevator(env) : undefined;
  if (options.dryRun) {
    terminal.outWhole(fixScript(fixes.plan, asRoot, elevator).trimEnd());
    return exitStatus.ok;
  }
  const { columns, color, errColor, symbols } = terminal;
  const style: DoctorStyle = { columns, color, symbols, verbose: false, asRoot, elevator };
  const errStyle = { ...style, color: errColor };
  const say = (line: string): void => {
    if (!globals.quiet && !globals.json) terminal.errWhole(line);
  };
  const rootShell =
    terminal.interactive && !asRoot && isInPath('su', env)
      ? openRootShell(urgentSignal, (line) => terminal.errWhole(line))
      : undefined;
  const { seen, blocked } = await mendHost(context, fixes, {
    ...{ work: options.work, yes: options.yes, rootShell, say, asRoot, elevator },
    privilege: findPrivilege(env, asRoot, terminal.interactive),
    showPlan: (plan) => {
      if (!globals.json) terminal.errWhole([...renderPlan(plan, errStyle), ''].join('\n'));
    },
    sayCommand: (command, through) => {
      for (const line of renderRunning(command, { ...errStyle, elevator: through })) say(line);
    },
  });
  rootShell?.close();
  const { attempts } = fixes;
  const outcome = sortOutcome([...attempts.values()], seen.results, options.only);
  if (globals.json) {
    terminal.json(fixesAsJson(outcome, seen.report), 2);
  } else {
    const nothing = attempts.size === 0 ? ['There is nothing here that --fix could mend.', ''] : [];
    const end = ['', ...wrapText(seen.report.summary, columns)];
    if (attempts.size > blocked) say('');
    terminal.outWhole([...nothing, ...renderOutcome(outcome, style), ...end].join('\n'));
  }
  if (context.signal.aborted) {
    throw new UtopiaError('interrupted', 'Interrupted; the command that ran was finished.', {
      hint: `${doctorCommand(options.work)} --fix goes on with the rest.`,
    });
  }
  const bad = outcome.failed.length > 0 || seen.report.verdict === 'not-ready';
  return bad ? exitStatus.unavailable : exitStatus.ok;
}
