import type { HostFacts } from './facts/machine-facts.ts';
import type { LabFacts } from './lab-facts.ts';

export type CheckStatus = 'pass' | 'info' | 'warn' | 'fail' | 'unknown' | 'skipped';

/** What was looked at, and what was seen there. */
export interface Evidence {
  readonly path: string;
  readonly value: string;
}

export interface FixCommand {
  readonly argv: readonly string[];
  /** Needs root: sudo, or a root shell. */
  readonly root: boolean;
  readonly why: string;
  /** The commands behind it are worth trying also when this one fails. */
  readonly optional?: true;
}

/** A value for utopia.config. */
export interface Setting {
  readonly key: 'UTOPIA_SSH_PORT' | 'UTOPIA_VNC' | 'UTOPIA_MEMORY_MB';
  readonly value: string;
}

/** How a finding is mended. */
export interface Fix {
  /** `auto`: the commands alone do it. `manual`: they are examples, or there are none. */
  readonly kind: 'auto' | 'manual';
  readonly commands: readonly FixCommand[];
  /** What has to happen before it counts. */
  readonly after: 'none' | 'relogin' | 'reboot';
  /** What to do, in words, where commands do not say it all. */
  readonly advice?: string;
  /** Values of utopia.config that would mend it; `--fix` writes them. */
  readonly settings?: readonly Setting[];
}

/** What one check found out. */
export interface Finding {
  readonly status: CheckStatus;
  /** One sentence without a full stop: what is. */
  readonly message: string;
  /** A stable kebab-case word. */
  readonly cause?: string;
  /** For `skipped`: the id of the check that had to pass first. */
  readonly because?: string;
  /** Why it is so, or why it matters, in a sentence or two. */
  readonly why?: string;
  readonly evidence?: readonly Evidence[];
  readonly fix?: Fix;
}

export interface CheckResult extends Finding {
  readonly id: string;
  readonly group: CheckGroup;
}

export type CheckGroup = 'Host' | 'KVM' | 'QEMU' | 'Lab' | 'Work';

/** What a check may look at. */
export interface CheckInput {
  readonly facts: HostFacts;
  readonly lab: LabFacts;
  /** --require-kvm, or UTOPIA_ACCEL=kvm: emulation is not good enough. */
  readonly requireKvm: boolean;
  /** Results of the checks before this one in the table. */
  readonly earlier: ReadonlyMap<string, CheckResult>;
}

/** A row of the table of checks. Ids never change once published. */
export interface Check {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  /** What it reads, for the documentation. */
  readonly reads: string;
  /** The causes that it tells apart. */
  readonly causes: readonly string[];
  readonly evaluate: (input: CheckInput) => Finding;
}

export function pass(message: string, evidence: readonly Evidence[] = []): Finding {
  return { status: 'pass', message, evidence };
}

export function info(message: string, extra: Omit<Finding, 'status' | 'message'> = {}): Finding {
  return { status: 'info', message, ...extra };
}

export function skipped(because: string, message: string): Finding {
  return { status: 'skipped', because, message };
}

export function unknown(message: string, extra: Omit<Finding, 'status' | 'message'> = {}): Finding {
  return { status: 'unknown', message, ...extra };
}

/**
 * Something that keeps KVM from working, or would: labs run without it, so it is a
 * warning; a failure where emulation is not good enough; and no problem at all
 * where a guest has proved that KVM works.
 */
export function kvmProblem(
  { facts, requireKvm }: CheckInput,
  message: string,
  extra: Omit<Finding, 'status' | 'message'>,
): Finding {
  if (facts.kvm?.works === true) {
    const { fix: _, ...rest } = extra;
    return { status: 'info', message: `${message}; KVM works all the same`, ...rest };
  }
  return { status: requireKvm ? 'fail' : 'warn', message, ...extra };
}

/** The first of these checks that found a problem. */
export function firstProblem(
  { earlier }: CheckInput,
  ids: readonly string[],
): CheckResult | undefined {
  return ids
    .map((id) => earlier.get(id))
    .find((result) => result?.status === 'warn' || result?.status === 'fail');
}
