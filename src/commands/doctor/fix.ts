import type { Context, GlobalOptions } from '../../context.ts';
import type { Environment } from '../../environment.ts';
import { exitStatus, UtopiaError, type ExitStatus } from '../../errors.ts';
import { sortOutcome, type AttemptedUnit, type UnitOutcome } from '../../host/fixes/outcome.ts';
import { planFixes } from '../../host/fixes/plan.ts';
import {
  findElevator,
  findPrivilege,
  isInPath,
  type Privilege,
} from '../../host/fixes/elevation.ts';
import { openRootShell } from '../../host/fixes/root-shell.ts';
import { fixScript } from '../../host/fixes/script.ts';
import type { FixPlan, FixUnit } from '../../host/fixes/types.ts';
import { doctorCommand, type Work } from '../../host/works.ts';
import { confirm } from '../../ui/ask.ts';
import type { DoctorStyle } from '../../ui/doctor.ts';
import { renderOutcome, renderPlan } from '../../ui/fix.ts';
import { countOf } from '../../text/format.ts';
import { wrapText } from '../../ui/lines.ts';
import { openSettings } from './edit-setting.ts';
import { examineHost, type Examination, type ExamineOptions } from './examine.ts';
import { runFixes } from './fix-run.ts';
import { fixesAsJson } from './fix-json.ts';

export interface FixOptions extends ExamineOptions {
  readonly yes: boolean;
  /** Print a shell script instead of doing anything. */
  readonly dryRun: boolean;
}

/** A fix may uncover what only it made visible; more rounds than this would be going in circles. */
const mostRounds = 3;

/**
 * `utopia doctor --fix`: shows what can be mended, asks once, does it, and looks
 * again after each fix. Gives 69 when labs still cannot run, or a fix failed.
 */
export async function runDoctorFix(
  context: Context,
  globals: GlobalOptions,
  options: FixOptions,
): Promise<ExitStatus> {
  const { terminal } = context;
  if (options.root !== undefined && !options.dryRun) {
    throw new UtopiaError('usage', '--fix mends this host, not one that a folder describes.', {
      hint: 'Add --dry-run to see what would be done there.',
    });
  }
  const suffix = `utopia-${stampOf(context.now())}`;
  const attempts = new Map<string, AttemptedUnit>();
  // The verdict in the end is about the whole host, whichever fixes were asked for.
  const look = async (): Promise<Examination> =>
    await examineHost(
      // A Ctrl-C ends the fixing; the host is looked at once more after it.
      { ...context, signal: attempts.size === 0 ? context.signal : context.urgentSignal },
      globals,
      // One that was asked about work is about that.
      options.work.length > 0 ? options : { ...options, only: new Set(), alsoMake: options.only },
    );
  const plan = async ({ facts, results }: Examination): Promise<FixPlan> => {
    const editSetting = await openSettings(context, globals, suffix);
    const byId = new Map(results.map((result) => [result.id, result]));
    return planFixes({ facts, results: byId, suffix, editSetting }, options.only);
  };
  let seen = await look();
  let current = await plan(seen);
  const asRoot = seen.facts.account.uid === 0;
  const elevator = options.root === undefined ? findElevator(context.env) : undefined;
  if (options.dryRun) {
    terminal.outWhole(fixScript(current, asRoot, elevator).trimEnd());
    return exitStatus.ok;
  }
  const { columns, color, errColor, symbols } = terminal;
  const style: DoctorStyle = { columns, color, symbols, verbose: false, asRoot, elevator };
  const { env, urgentSignal } = context;
  const privilege = findPrivilege(env, asRoot, terminal.interactive);
  const say = (line: string): void => {
    if (!globals.quiet && !globals.json) terminal.errWhole(line);
  };
  const rootShell =
    terminal.interactive && !asRoot && isInPath('su', env)
      ? openRootShell(urgentSignal, (line) => terminal.errWhole(line))
      : undefined;
  const blocked = privilege === 'none' ? current.units.filter(needsRoot) : [];
  for (const unit of blocked)
    attempts.set(unit.name, { unit, outcome: leftToUser(env, options.work) });
  for (let round = 0; round < mostRounds; round += 1) {
    const open = current.units.filter(({ name }) => !attempts.has(name));
    if (open.length === 0 || context.signal.aborted) break;
    if (!globals.json) {
      const shown = renderPlan({ ...current, units: open }, { ...style, color: errColor });
      terminal.errWhole([...shown, ''].join('\n'));
    }
    const consented = await askFor(context, open, privilege, options.yes, round > 0);
    for (const unit of open.filter(({ name }) => !consented.has(name))) {
      attempts.set(unit.name, { unit, outcome: { kind: 'declined' } });
    }
    current = await runFixes(context, current, consented, attempts, {
      privilege,
      rootShell,
      say,
      style: { ...style, color: errColor },
      replan: async () => await plan((seen = await look())),
    });
  }
  rootShell?.close();
  const outcome = sortOutcome([...attempts.values()], seen.results, options.only);
  if (globals.json) {
    terminal.json(fixesAsJson(outcome, seen.report), 2);
  } else {
    const nothing = attempts.size === 0 ? ['There is nothing here that --fix could mend.', ''] : [];
    const end = ['', ...wrapText(seen.report.summary, columns)];
    if (attempts.size > blocked.length) say('');
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

/** What is left to the user where nobody can type a password, or nothing takes one. */
function leftToUser(env: Environment, work: readonly Work[]): UnitOutcome {
  const su = isInPath('su', env) ? '; in a terminal, su asks for root’s password' : '';
  return {
    kind: 'not-tried',
    reason: `it needs root, and there is no sudo${su}. As root: ${doctorCommand(work)} --fix --dry-run | sh`,
  };
}

/** Behind `as root`: whose password will be asked for. */
const throughWhat: Readonly<Record<Privilege, string>> = {
  root: '',
  sudo: ', through sudo',
  doas: ', through doas',
  'sudo-without-password': ', through sudo',
  'doas-without-password': ', through doas',
  su: ", through su with root's password",
  none: '',
};

function needsRoot({ commands }: FixUnit): boolean {
  return commands.some(({ root }) => root);
}

/** Names of the fixes that the user agrees to: all with one answer, and each that undoes somebody's intention with its own. */
async function askFor(
  context: Context,
  units: readonly FixUnit[],
  privilege: Privilege,
  assumeYes: boolean,
  again: boolean,
): Promise<ReadonlySet<string>> {
  const { terminal, signal } = context;
  const commands = units.flatMap((unit) => unit.commands);
  const asRoot = commands.filter(({ root }) => root).length;
  const through = throughWhat[privilege];
  const whose = asRoot === 0 ? '' : ` (${asRoot} as root${through})`;
  const question = `Run ${again ? 'these too' : 'them'}: ${countOf(commands.length, 'command')}${whose}?`;
  if (!(await confirm(terminal, question, { assumeYes, signal }))) return new Set();
  const consented = new Set<string>();
  for (const unit of units) {
    if (unit.question === undefined) consented.add(unit.name);
    else if (await confirm(terminal, unit.question, { assumeYes, signal }))
      consented.add(unit.name);
  }
  return consented;
}

/** `20261123-140251`: sorts by time, and has nothing that a shell would read. */
function stampOf(date: Date): string {
  const digits = date.toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
