import type { Environment } from '../../environment.ts';
import { isInPath, type Privilege } from '../../host/fixes/elevation.ts';
import type { AttemptedUnit, UnitOutcome } from '../../host/fixes/outcome.ts';
import { planFixes } from '../../host/fixes/plan-fixes.ts';
import type { FixPlan, FixUnit } from '../../host/fixes/fix-unit.ts';
import { doctorCommand, type Work } from '../../host/works.ts';
import { countOf } from '../../text/format.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { openSettings } from './edit-setting.ts';
import { examineHost, type Examination, type ExamineOptions } from './examine-host.ts';
import { runFixes, type Fixing } from './run-fixes.ts';

/** A fix may uncover what only it made visible; more rounds than this would be going in circles. */
const mostRounds = 3;

/** A look at the host, and what can be mended of what it found. */
export interface PlannedFixes {
  readonly seen: Examination;
  readonly plan: FixPlan;
}

/** The same, with how it is done anew. */
export interface HostFixes extends PlannedFixes {
  /** What was tried, by the names of the fixes; empty at first. */
  readonly attempts: Map<string, AttemptedUnit>;
  readonly again: () => Promise<PlannedFixes>;
}

/** Looks at the host and plans its fixes; changes nothing. `options.only`: the checks they are for, all when empty. */
export async function planHostFixes(
  context: LifecycleContext,
  globals: LifecycleOptions,
  options: ExamineOptions,
): Promise<HostFixes> {
  const suffix = `utopia-${stampOf(context.now())}`;
  const attempts = new Map<string, AttemptedUnit>();
  const again = async (): Promise<PlannedFixes> => {
    const seen = await examineHost(
      // A Ctrl-C ends the fixing; the host is looked at once more after it.
      { ...context, signal: attempts.size === 0 ? context.signal : context.urgentSignal },
      globals,
      // The verdict in the end is about the whole host, whichever fixes were asked for.
      // One that was asked about work is about that.
      options.work.length > 0 ? options : { ...options, only: new Set(), alsoMake: options.only },
    );
    const editSetting = await openSettings(context, globals, suffix);
    const results = new Map(seen.results.map((result) => [result.id, result]));
    const plan = planFixes({ facts: seen.facts, results, suffix, editSetting }, options.only);
    return { seen, plan };
  };
  return { ...(await again()), attempts, again };
}

/** How a host is mended: by whom, and who hears of it. */
export interface Mending extends Omit<Fixing, 'replan'> {
  /** What the host is mended for, besides labs. */
  readonly work: readonly Work[];
  /** Agree to everything. */
  readonly yes: boolean;
  /** The fixes of a round, before the question. */
  readonly showPlan: (plan: FixPlan) => void;
}

/** What mending came to; the attempts are in the map of the HostFixes. */
export interface MendedHost {
  /** The last look at the host. */
  readonly seen: Examination;
  /** How many fixes were left to the user from the start, who has no way to root. */
  readonly blocked: number;
}

/**
 * Asks for the fixes that are planned, makes those that are agreed to, and goes on with what they
 * uncover. Ctrl-C ends it between two commands. Throws `consent-needed` where nobody can answer.
 */
export async function mendHost(
  context: LifecycleContext,
  { seen: before, plan, attempts, again }: HostFixes,
  mending: Mending,
): Promise<MendedHost> {
  const { privilege, work, yes, showPlan } = mending;
  let seen = before;
  let current = plan;
  const blocked = privilege === 'none' ? current.units.filter(needsRoot) : [];
  for (const unit of blocked)
    attempts.set(unit.name, { unit, outcome: leftToUser(context.env, work) });
  const replan = async (): Promise<FixPlan> => {
    const next = await again();
    seen = next.seen;
    return next.plan;
  };
  for (let round = 0; round < mostRounds; round += 1) {
    const open = current.units.filter(({ name }) => !attempts.has(name));
    if (open.length === 0 || context.signal.aborted) break;
    showPlan({ ...current, units: open });
    const consented = await askFor(context, open, privilege, yes, round > 0);
    for (const unit of open.filter(({ name }) => !consented.has(name))) {
      attempts.set(unit.name, { unit, outcome: { kind: 'declined' } });
    }
    current = await runFixes(context, current, consented, attempts, { ...mending, replan });
  }
  return { seen, blocked: blocked.length };
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
  { asker, signal }: LifecycleContext,
  units: readonly FixUnit[],
  privilege: Privilege,
  assumeYes: boolean,
  again: boolean,
): Promise<ReadonlySet<string>> {
  const commands = units.flatMap((unit) => unit.commands);
  const asRoot = commands.filter(({ root }) => root).length;
  const through = throughWhat[privilege];
  const whose = asRoot === 0 ? '' : ` (${asRoot} as root${through})`;
  const question = `Run ${again ? 'these too' : 'them'}: ${countOf(commands.length, 'command')}${whose}?`;
  if (!(await asker.confirm(question, { assumeYes, signal }))) return new Set();
  const consented = new Set<string>();
  for (const unit of units) {
    if (unit.question === undefined) consented.add(unit.name);
    else if (await asker.confirm(unit.question, { assumeYes, signal })) consented.add(unit.name);
  }
  return consented;
}

/** `20261123-140251`: sorts by time, and has nothing that a shell would read. */
function stampOf(date: Date): string {
  const digits = date.toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
