import type { CheckResult } from '../check.ts';
import { distinctProblems } from '../summary.ts';
import { kvmFixes } from './kvm.ts';
import { packageFixes } from './package-fixes.ts';
import { settingFixes } from './settings.ts';
import type { FixInput, FixPlan, FixRow, FixUnit } from './fix-unit.ts';

/** Every fix, in the order in which they are made. Packages stand first: theirs make the group kvm, too. */
export const fixes: readonly FixRow[] = [...packageFixes, ...kvmFixes, ...settingFixes];

/**
 * What can be mended on this host, and what the user has to do. Pure. `only` holds
 * ids of checks; all when empty. What a fix needs is planned with it.
 */
export function planFixes(input: FixInput, only: ReadonlySet<string>): FixPlan {
  const possible = fixes.flatMap((row): FixUnit[] => {
    const unit = row.plan(input);
    return unit === undefined ? [] : [{ name: row.name, ids: row.ids, ...unit }];
  });
  const chosen = possible.filter(({ ids }) => only.size === 0 || ids.some((id) => only.has(id)));
  const needed = new Set(chosen.map(({ needs }) => needs));
  const units = possible.filter((unit) => chosen.includes(unit) || needed.has(unit.name));
  const mended = new Set(units.flatMap(({ ids }) => ids));
  const yours = distinctProblems([...input.results.values()]).filter(
    ({ id, because }) =>
      (only.size === 0 || only.has(id)) && !mended.has(because ?? id) && !mended.has(id),
  );
  return { units, yours: yours.filter((result) => !isCured(result, units)) };
}

/** A problem that another check's fix takes away with its own. */
function isCured({ cause }: CheckResult, units: readonly FixUnit[]): boolean {
  return cause === 'session-lacks-group' && units.some(({ after }) => after === 'relogin');
}
