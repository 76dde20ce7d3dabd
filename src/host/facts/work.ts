import type { Need } from '../needs.ts';

/** What one check of the group Work came to. */
export interface WorkFinding {
  readonly missing: readonly Need[];
  /** What was looked for, and where it is. */
  readonly found: readonly { readonly path: string; readonly value: string }[];
}

/** What this host has for building things; gathered only where somebody asks. */
export interface WorkFacts {
  /** By the ids of the checks that were asked for. */
  readonly findings: ReadonlyMap<string, WorkFinding>;
  /** Versions of kernels in /lib/modules whose headers are there. */
  readonly headers: readonly string[];
}
