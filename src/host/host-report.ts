import type { HostReport, HostAccelerator } from './report-types.ts';
import type { CheckResult } from './check.ts';
import type { HostFacts } from './facts/machine-facts.ts';
import { summariseGroups } from './notes.ts';
import { isKvmWarning, summarise } from './summary.ts';
import type { Work } from './works.ts';

/** What decides between one accelerator and the other. */
interface ReportOptions {
  readonly facts: HostFacts;
  /** UTOPIA_ACCEL. */
  readonly wanted: 'auto' | 'kvm' | 'tcg';
  /** Emulation is not good enough. */
  readonly requireKvm: boolean;
  /** --check: only these count and are shown; all when empty. */
  readonly only: ReadonlySet<string>;
  /** --for: what the checks in `only` are about, other than labs. */
  readonly work?: readonly Work[];
}

/** Failures of these leave nothing that could run a guest. */
const groupsThatRunGuests: readonly CheckResult['group'][] = ['Host', 'KVM', 'QEMU'];

/** Draws the verdict. Pure. */
export function decideVerdict(results: readonly CheckResult[], options: ReportOptions): HostReport {
  const { facts, wanted, only, work = [], requireKvm } = options;
  // A lab needs nothing of what work needs.
  const shown = results.filter(({ id, group }) =>
    only.size === 0 ? group !== 'Work' : only.has(id),
  );
  const kvmWorks = statusOf(results, 'kvm.works') === 'pass' || provenByOtherModel(results, facts);
  const accel = requireKvm && !kvmWorks ? 'none' : chooseAccelerator(results, kvmWorks, wanted);
  const judged = withBlockers(shown, results);
  const aboutKvm = only.size === 0 || only.has('kvm.works');
  const failed =
    judged.some(({ status }) => status === 'fail') || (requireKvm && aboutKvm && !kvmWorks);
  const impeded = (aboutKvm && !kvmWorks) || (only.size > 0 && judged.some(isKvmWarning));
  const verdict = failed ? 'not-ready' : impeded ? 'degraded' : 'ready';
  const summary = summarise({ verdict, accel, shown, judged, some: only.size > 0, work }, facts);
  return { verdict, accel, summary, notes: summariseGroups(facts), checks: shown };
}

/** With what the skipped ones wait for: a check that was not made has not passed. */
function withBlockers(
  shown: readonly CheckResult[],
  results: readonly CheckResult[],
): readonly CheckResult[] {
  const judged = new Set(shown);
  for (const { because } of judged) {
    const blocker = results.find(({ id }) => id === because);
    if (blocker !== undefined) judged.add(blocker);
  }
  return [...judged];
}

function statusOf(results: readonly CheckResult[], id: string): CheckResult['status'] | undefined {
  return results.find((result) => result.id === id)?.status;
}

function provenByOtherModel(results: readonly CheckResult[], { kvm }: HostFacts): boolean {
  return statusOf(results, 'kvm.works') === 'info' && kvm?.works === true;
}

function chooseAccelerator(
  results: readonly CheckResult[],
  kvmWorks: boolean,
  wanted: ReportOptions['wanted'],
): HostAccelerator {
  if (kvmWorks && wanted !== 'tcg') return 'kvm';
  const stopped = results.some(
    ({ group, status }) => status === 'fail' && groupsThatRunGuests.includes(group),
  );
  const emulates = statusOf(results, 'qemu.runs') !== 'skipped';
  return stopped || !emulates || wanted === 'kvm' ? 'none' : 'tcg';
}

/** The contract of `utopia doctor --json`, schema 1. */
export function reportAsJson({ verdict, accel, summary, checks }: HostReport): unknown {
  return {
    schema: 1,
    verdict,
    accel,
    summary,
    checks: checks.map(({ id, group, status, message, cause, because, why, evidence, fix }) => ({
      id,
      group,
      status,
      message,
      cause,
      because,
      why,
      evidence: evidence ?? [],
      fix,
    })),
  };
}
