import type { CheckResult, Fix, FixCommand, Setting } from '../check.ts';
import type { HostFacts } from '../facts/machine-facts.ts';

/** One thing that `doctor --fix` does: commands that belong together. */
export interface FixUnit {
  /** A stable word; no two fixes share it. */
  readonly name: string;
  /** Ids of the checks that are mended by it; the first one names it. */
  readonly ids: readonly [string, ...string[]];
  /** What is wrong, in half a sentence. */
  readonly problem: string;
  readonly commands: readonly FixCommand[];
  /** What is different afterwards, in half a sentence. */
  readonly changes: string;
  readonly after: Fix['after'];
  /** It undoes what somebody did on purpose: asked on its own, with this question. */
  readonly question?: string;
  /** Useless unless the fix of this name was made. */
  readonly needs?: string;
}

/** Commands that write a setting, or why none can. */
export type SettingEdit =
  | { readonly commands: readonly FixCommand[]; readonly place: string; readonly line: number }
  | { readonly refused: string };

/** What the fixes are chosen from. */
export interface FixInput {
  readonly facts: HostFacts;
  readonly results: ReadonlyMap<string, CheckResult>;
  /** Ends the names of copies of edited files: one for each run, so that no copy replaces another. */
  readonly suffix: string;
  /** Looks how a setting can be written into this lab's utopia.config. */
  readonly editSetting: (setting: Setting) => SettingEdit;
}

/** A fix without what its row says; `ids` where it mends only some of the row's. */
export type PlannedFix = Omit<FixUnit, 'name' | 'ids'> & Partial<Pick<FixUnit, 'ids'>>;

/** A row of the table of fixes: the unit for this host, or nothing when it is not needed or not possible. */
export interface FixRow {
  readonly name: string;
  readonly ids: readonly [string, ...string[]];
  readonly plan: (input: FixInput) => PlannedFix | undefined;
}

/** What `--fix` will do, in order, and what it leaves to the user. */
export interface FixPlan {
  readonly units: readonly FixUnit[];
  readonly yours: readonly CheckResult[];
}

/** A check's finding that needs mending. */
export function problemOf(
  { results }: Pick<FixInput, 'results'>,
  id: string,
): CheckResult | undefined {
  const result = results.get(id);
  return result?.status === 'warn' || result?.status === 'fail' ? result : undefined;
}
