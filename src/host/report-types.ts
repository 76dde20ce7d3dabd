import type { CheckGroup, CheckResult } from './check.ts';

/** The outcome of all checks. */
export interface HostReport {
  readonly verdict: Verdict;
  readonly accel: HostAccelerator;
  /** One line that answers: will labs run, how fast, and what is wrong. */
  readonly summary: string;
  /** What a group is about on this host, in a few words. */
  readonly notes: Readonly<Record<CheckGroup, string>>;
  readonly checks: readonly CheckResult[];
}

export type Verdict = 'ready' | 'degraded' | 'not-ready';

/** What labs run with on this host; `none` when they do not run. */
export type HostAccelerator = 'kvm' | 'tcg' | 'none';
