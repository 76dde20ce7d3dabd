import type { FixCommand } from '../../host/check.ts';
import type { AttemptedUnit, UnitOutcome } from '../../host/fixes/outcome.ts';
import {
  isNotPermitted,
  refusesAll,
  type Elevator,
  type Privilege,
} from '../../host/fixes/elevation.ts';
import type { RootShell } from '../../host/fixes/root-shell.ts';
import { runFixCommand } from '../../host/fixes/run-fix.ts';
import type { FixPlan, FixUnit } from '../../host/fixes/fix-unit.ts';
import { commandWords } from '../../host/fixes/script.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** By whom fixes are made, and who hears of it. */
export interface Fixing {
  readonly privilege: Privilege;
  /** Asks for root's password when it is first used; undefined where nobody can type it. */
  readonly rootShell: RootShell | undefined;
  /** Plans anew from what the host is like now. */
  readonly replan: () => Promise<FixPlan>;
  /** One line. */
  readonly say: (line: string) => void;
  /** A command of a fix begins; root's part of it goes through `elevator`. */
  readonly sayCommand: (command: FixCommand, elevator: Elevator | undefined) => void;
  /** This process is root. */
  readonly asRoot: boolean;
  /** What gets root on this host; undefined where nothing does. */
  readonly elevator: Elevator | undefined;
}

/**
 * Makes the fixes of a plan one after the other, looks at the host again after each,
 * and leaves out what an earlier one has mended along. Ctrl-C ends it between two
 * commands. Attempts, with those that were not reached, are added to `attempts`.
 */
export async function runFixes(
  context: LifecycleContext,
  plan: FixPlan,
  consented: ReadonlySet<string>,
  attempts: Map<string, AttemptedUnit>,
  fixing: Fixing,
): Promise<FixPlan> {
  const { replan, say, rootShell } = fixing;
  let current = plan;
  let { privilege } = fixing;
  let refused: string | undefined;
  const settle = (unit: FixUnit, outcome: UnitOutcome): void => {
    attempts.set(unit.name, { unit, outcome });
  };
  for (;;) {
    const unit = current.units.find(({ name }) => consented.has(name) && !attempts.has(name));
    if (unit === undefined) return current;
    const needed = unit.needs === undefined ? undefined : attempts.get(unit.needs)?.outcome;
    const needsRoot = unit.commands.some(({ root }) => root);
    if (context.signal.aborted)
      settle(unit, { kind: 'not-tried', reason: 'interrupted before it' });
    else if (needed !== undefined && needed.kind !== 'done') {
      settle(unit, { kind: 'not-tried', reason: `it needs the fix of ${unit.needs}` });
    } else if (needsRoot && refused !== undefined) {
      settle(unit, { kind: 'not-tried', reason: refused });
    } else {
      say(`${unit.ids[0]}: ${unit.problem}`);
      let outcome = await runUnit(context, unit, { ...fixing, privilege });
      if (outcome.kind === 'failed' && isNotPermitted(outcome.output) && rootShell !== undefined) {
        say(`  ${privilege} does not let you do that: root's own password, through su`);
        privilege = 'su';
        outcome = await runUnit(context, unit, { ...fixing, privilege });
      }
      settle(unit, outcome);
      if (outcome.kind === 'failed' && needsRoot) {
        if (privilege === 'su') refused = rootShell?.refusal();
        else if (refusesAll(outcome.output)) refused = `${privilege.split('-')[0]} refuses`;
      }
      current = await replan();
    }
  }
}

async function runUnit(
  context: LifecycleContext,
  unit: FixUnit,
  { privilege, rootShell, say, sayCommand, asRoot, elevator: own }: Fixing,
): Promise<UnitOutcome> {
  const elevator = privilege === 'su' ? 'su' : own;
  for (const command of unit.commands) {
    const words = commandWords(command, asRoot, elevator).map(quoteForShell).join(' ');
    if (context.signal.aborted) {
      return { kind: 'not-tried', reason: `interrupted before ${words}` };
    }
    sayCommand(command, elevator);
    const { env, urgentSignal: signal } = context;
    const outcome = await runFixCommand(command, { privilege, rootShell, env, signal });
    if (outcome.done) continue;
    // One who may not become root may not do the next either.
    const refused = rootShell?.refusal() !== undefined || refusesAll(outcome.output);
    if (command.optional === true && !(command.root && refused)) {
      say(`    ${outcome.reason}; going on`);
      continue;
    }
    return { kind: 'failed', command: words, reason: outcome.reason, output: outcome.output };
  }
  return { kind: 'done' };
}
