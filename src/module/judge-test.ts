import type { TrialReport } from './test-report.ts';
import { ofInit } from './load-script.ts';
import { plainWords } from './tool-words.ts';

/** docs/modules.md defines them. */
export type ModuleVerdict =
  | 'passed'
  | 'failed'
  | 'crashed'
  | 'warned'
  | 'leaked'
  | 'stuck'
  | 'timed-out'
  | 'did-not-build'
  | 'not-started';

/** What became of a copy in which a module was tried. */
export interface TrialFacts {
  readonly report: TrialReport;
  /** What the kernel died of, or a task of it, in half a line. */
  readonly fatal: string | undefined;
  /** What it survived, in half a line each; kmemleak's own is none. */
  readonly complaints: readonly string[];
  /** How the copy ended, where the script has not come to its end. */
  readonly end: 'exited' | 'timed-out' | 'ended';
  /** The same as a sentence. */
  readonly message: string | null;
  readonly timeoutMs: number;
}

export interface TrialVerdict {
  readonly verdict: ModuleVerdict;
  /** Why, as sentences, the one that decided first. */
  readonly reasons: readonly string[];
  /** What is worth to know and decides nothing. */
  readonly hints: readonly string[];
}

/** The kernel's own memory grows by less with any test. */
const noticeableKiB = 1024;

/**
 * The verdict on a trial. The first of these that holds decides, and the others are told behind it:
 * crashed, timed-out, failed, stuck, warned, leaked. Pure.
 */
export function judgeTrial(facts: TrialFacts): TrialVerdict {
  const { report, fatal, complaints } = facts;
  const found: (readonly [ModuleVerdict, string])[] = [];
  const add = (verdict: ModuleVerdict, reason: string): void => void found.push([verdict, reason]);
  if (fatal !== undefined) {
    // What it has cut off or left behind is no fault of its own.
    add('crashed', `The kernel crashed: ${fatal}.`);
    for (const complaint of complaints) add('warned', `The kernel complains: ${complaint}.`);
    return { verdict: 'crashed', reasons: found.map(([, reason]) => reason), hints: [] };
  }
  if (!report.ended) {
    if (report.phase === 'remove' || report.phase === 'kmemleak') {
      add('stuck', `The module was not gone ${lateness(facts)}.`);
    } else if (facts.end === 'timed-out') add('timed-out', sayLate(facts));
    else add('failed', facts.message ?? 'The copy ended before the test.');
  }
  const { refusedInsertion, refusedRemoval, status, hangs, left, leaks } = report;
  if (refusedInsertion !== undefined) {
    add(
      'failed',
      `${refusedInsertion.module} was not inserted: ${sentence(refusedInsertion.said + ofInit(refusedInsertion.said))}`,
    );
  }
  if (status !== undefined && status !== 0) add('failed', `The test ended with ${status}.`);
  if (hangs !== undefined) add('stuck', `rmmod ${hangs} does not end.`);
  if (refusedRemoval !== undefined) add('stuck', sayRefusal(refusedRemoval));
  for (const complaint of complaints) add('warned', `The kernel complains: ${complaint}.`);
  const objects = leaks.filter((line) => line.startsWith('unreferenced object')).length;
  if (objects > 0) {
    const pieces = objects === 1 ? '1 piece' : `${objects} pieces`;
    add('leaked', `kmemleak found memory that nobody can free any more: ${pieces}.`);
  }
  if (left.length > 0 && report.meanwhile.length === 0) {
    add('leaked', `Still registered after the removal: ${left.join(', ')}.`);
  }
  const order = ['crashed', 'timed-out', 'failed', 'stuck', 'warned', 'leaked'] as const;
  const verdict = order.find((each) => found.some(([one]) => one === each)) ?? 'passed';
  const sorted = found.toSorted(([one], [other]) => rank(order, one) - rank(order, other));
  return { verdict, reasons: sorted.map(([, reason]) => reason), hints: hintsOf(report) };
}

function rank(order: readonly ModuleVerdict[], verdict: ModuleVerdict): number {
  return order.indexOf(verdict);
}

function hintsOf(report: TrialReport): string[] {
  const { leftRunning, kmemleak, grownKiB = 0, ended, left, meanwhile, tasks } = report;
  return [
    ...tasks.map(({ does, pid, name, place }) => `${name} (process ${pid}) ${does} in ${place}.`),
    ...(left.length > 0 && meanwhile.length > 0
      ? [
          `Registered after the removal and not before: ${left.join(', ')}. It may be of ${meanwhile.join(', ')}, loaded meanwhile.`,
        ]
      : []),
    ...(leftRunning ? ['Processes of the test were still running when it had ended.'] : []),
    ...(ended && !kmemleak && grownKiB >= noticeableKiB
      ? [
          `The kernel's own memory grew by ${grownKiB} KiB. Whether that is a leak says a kernel with kmemleak: utopia kernel config --with kmemleak`,
        ]
      : []),
  ];
}

function lateness({ end, timeoutMs }: TrialFacts): string {
  return end === 'timed-out' ? `after ${timeoutMs / 1000} s` : 'when the copy ended';
}

function sayLate({ report, timeoutMs }: TrialFacts): string {
  const what = { insert: 'The insertion', test: 'The test' }[String(report.phase)] ?? 'The trial';
  return `${what} had not ended after ${timeoutMs / 1000} s.`;
}

/** What rmmod's refusal comes to (kernel/module/main.c, delete_module). */
function sayRefusal({
  module,
  references,
  said,
}: NonNullable<TrialReport['refusedRemoval']>): string {
  if (references !== undefined && references > 0) {
    const times = references === 1 ? 'once' : `${references} times`;
    return `${module} cannot be removed: it is still held ${times}, and nobody of the test is left. A try_module_get() has no module_put().`;
  }
  if (references === undefined || /resource busy/.test(said)) {
    return `${module} cannot be removed: it has no exit function, or is on its way in or out.`;
  }
  return `${module} cannot be removed: ${sentence(said)}`;
}

function sentence(said: string): string {
  const text = plainWords(said);
  return text === '' ? 'it does not say why.' : `${text}.`;
}
