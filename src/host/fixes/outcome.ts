import type { CheckResult } from '../check.ts';
import { distinctProblems } from '../summary.ts';
import type { FixUnit } from './fix-unit.ts';

/** How a fix ended. */
export type UnitOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'declined' }
  /** It was not reached: Ctrl-C, or what it needs was not done. */
  | { readonly kind: 'not-tried'; readonly reason: string }
  | {
      readonly kind: 'failed';
      /** The command, as it was run. */
      readonly command: string;
      readonly reason: string;
      readonly output: readonly string[];
    };

export interface AttemptedUnit {
  readonly unit: FixUnit;
  readonly outcome: UnitOutcome;
}

/** The end of `--fix`: every fix and every problem that is left, each under what it needs. */
export interface FixOutcome {
  readonly fixed: readonly FixUnit[];
  readonly failed: readonly AttemptedUnit[];
  readonly relogin: readonly CheckResult[];
  readonly reboot: readonly CheckResult[];
  readonly yours: readonly CheckResult[];
}

/** Sorts what was done, and what the last look at the host still finds. Pure. */
export function sortOutcome(
  attempts: readonly AttemptedUnit[],
  results: readonly CheckResult[],
  only: ReadonlySet<string>,
): FixOutcome {
  const left = distinctProblems(results).filter(({ id }) => only.size === 0 || only.has(id));
  const stillThere = ({ ids, problem }: FixUnit): boolean =>
    left.some(({ id, message }) => ids.includes(id) && problem.includes(message));
  const done = attempts.filter(({ outcome }) => outcome.kind === 'done').map(({ unit }) => unit);
  const wasted = done.filter(stillThere).map((unit): AttemptedUnit => ({
    unit,
    outcome: { kind: 'not-tried', reason: 'it was done, and the check finds the same as before' },
  }));
  const failed = [
    ...attempts.filter(({ outcome: { kind } }) => kind === 'failed' || kind === 'not-tried'),
    ...wasted,
  ];
  const told = new Set(failed.flatMap(({ unit }) => unit.ids));
  const rest = left.filter(({ id }) => !told.has(id));
  return {
    fixed: done.filter((unit) => !stillThere(unit)),
    failed,
    relogin: rest.filter((result) => needs(result) === 'relogin'),
    reboot: rest.filter((result) => needs(result) === 'reboot'),
    yours: rest.filter((result) => needs(result) === 'yours'),
  };
}

/** Everything else that takes a login or a reboot takes something of the user's before that. */
const needsByCause: Readonly<Record<string, 'relogin' | 'reboot'>> = {
  'session-lacks-group': 'relogin',
  'kernel-upgraded': 'reboot',
};

function needs({ cause = '', fix }: CheckResult): 'relogin' | 'reboot' | 'yours' {
  // A job takes the group through sg: no login would come.
  if (cause === 'session-lacks-group' && fix?.after === 'none') return 'yours';
  return needsByCause[cause] ?? 'yours';
}
