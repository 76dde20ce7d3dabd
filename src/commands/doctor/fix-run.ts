import type { Context } from '../../context.ts';
import type { AttemptedUnit, UnitOutcome } from '../../host/fixes/outcome.ts';
import { runFixCommand, type Privilege } from '../../host/fixes/run.ts';
import type { FixPlan, FixUnit } from '../../host/fixes/types.ts';
import { commandWords } from '../../host/fixes/script.ts';
import { quoteForShell } from '../../shell-words.ts';
import type { DoctorStyle } from '../../ui/doctor.ts';
import { renderRunning } from '../../ui/fix.ts';

interface Fixing {
  readonly privilege: Privilege;
  /** Plans anew from what the host is like now. */
  readonly replan: () => Promise<FixPlan>;
  readonly say: (line: string) => void;
  readonly style: DoctorStyle;
}

/**
 * Makes the fixes of a plan one after the other, looks at the host again after each,
 * and leaves out what an earlier one has mended along. Ctrl-C ends it between two
 * commands. Attempts, with those that were not reached, are added to `attempts`.
 */
export async function runFixes(
  context: Context,
  plan: FixPlan,
  consented: ReadonlySet<string>,
  attempts: Map<string, AttemptedUnit>,
  fixing: Fixing,
): Promise<FixPlan> {
  const { replan, say } = fixing;
  let current = plan;
  let sudoRefuses = false;
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
    } else if (needsRoot && sudoRefuses) {
      settle(unit, { kind: 'not-tried', reason: 'sudo refuses' });
    } else {
      say(`${unit.ids[0]}: ${unit.problem}`);
      const outcome = await runUnit(context, unit, fixing);
      settle(unit, outcome);
      if (outcome.kind === 'failed') {
        sudoRefuses ||= outcome.output.some((line) => line.startsWith('sudo:'));
      }
      current = await replan();
    }
  }
}

async function runUnit(
  context: Context,
  unit: FixUnit,
  { privilege, say, style }: Fixing,
): Promise<UnitOutcome> {
  for (const command of unit.commands) {
    const words = commandWords(command, style.asRoot).map(quoteForShell).join(' ');
    if (context.signal.aborted) {
      return { kind: 'not-tried', reason: `interrupted before ${words}` };
    }
    for (const line of renderRunning(command, style)) say(line);
    const { env, urgentSignal: signal } = context;
    const outcome = await runFixCommand(command, { privilege, env, signal });
    if (outcome.done) continue;
    if (command.optional === true) {
      say(`    ${outcome.reason}; going on`);
      continue;
    }
    return { kind: 'failed', command: words, reason: outcome.reason, output: outcome.output };
  }
  return { kind: 'done' };
}
