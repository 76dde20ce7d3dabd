import { crashSeverity } from './headline.ts';
import type { RepeatedCrash } from './crash-report.ts';
import type { CrashKind } from './crash-event.ts';

/** What tells of one hang, from the cause to what only follows from it. */
const hangKinds: readonly CrashKind[] = [
  'deadlock',
  'atomic-sleep',
  'hard-lockup',
  'soft-lockup',
  'hung-task',
  'rcu-stall',
  'workqueue-stall',
];

/** Reports of one hang come within this time of each other, in s: a hung task is told after 120. */
const oneHangSeconds = 180;

/**
 * The crash of a boot that explains it: the first, since what follows a crash is often its
 * consequence. Warnings, after which the kernel goes on, count where there is nothing else. Of one
 * hang, told by several watchdogs, it is the report that says most. Pure.
 */
export function chooseCrash(boot: readonly RepeatedCrash[]): RepeatedCrash | undefined {
  const first = boot.find((crash) => crashSeverity(crash) !== 'survived') ?? boot[0];
  if (first === undefined || !hangKinds.includes(first.kind)) return first;
  const reports = boot.filter(
    ({ kind, time }) => hangKinds.includes(kind) && isNear(time, first.time),
  );
  return reports.reduce((best, each) => (rank(each) < rank(best) ? each : best), first);
}

function rank({ kind, function: name }: RepeatedCrash): number {
  // One without a place explains nothing.
  return hangKinds.indexOf(kind) + (name === undefined ? hangKinds.length : 0);
}

function isNear(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || other === undefined || Math.abs(one - other) <= oneHangSeconds;
}
