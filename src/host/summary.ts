import type { CheckResult } from './check.ts';
import { describeSlowdown } from './describe-slowdown.ts';
import type { HostFacts } from './facts/machine-facts.ts';
import type { HostReport } from './report-types.ts';
import { nameWorks, type Work } from './works.ts';

/** A warning that costs speed, not the lab. */
export function isKvmWarning({ group, status, id }: CheckResult): boolean {
  return status === 'warn' && (group === 'KVM' || id === 'host.arch' || id === 'qemu.features');
}

interface Outcome {
  readonly verdict: HostReport['verdict'];
  readonly accel: HostReport['accel'];
  readonly shown: readonly CheckResult[];
  /** What is shown, and what that waits for. */
  readonly judged: readonly CheckResult[];
  /** Only some checks were asked for, so nothing can be said about all. */
  readonly some: boolean;
  /** What was asked about, other than labs. */
  readonly work: readonly Work[];
}

/** The answer in one line: will labs run, how fast, and what is in the way. */
export function summarise(outcome: Outcome, facts: HostFacts): string {
  const { verdict, accel, shown, judged, some } = outcome;
  const problems = distinctProblems(judged);
  const first = problems[0];
  if (outcome.work.length > 0 && verdict !== 'degraded') return summariseWork(outcome, problems);
  if (verdict === 'not-ready') {
    const failure = problems.find(({ status }) => status === 'fail');
    // What hinders KVM is a failure only where nothing else will do.
    const lead =
      failure === undefined || failure.group === 'KVM'
        ? 'Labs cannot run with KVM'
        : 'Labs cannot run yet';
    return `${lead}: ${failure?.message ?? 'nothing proves that it works'}.`;
  }
  if (verdict === 'ready' && some) return summariseSome(shown, first);
  if (verdict === 'ready') {
    const how =
      accel === 'kvm'
        ? 'with KVM, at full speed'
        : `under software emulation, because UTOPIA_ACCEL=tcg: ${describeSlowdown(facts.slowdown)}`;
    const but = first === undefined ? '' : ` Worth a look: ${first.message}.`;
    return `Labs run, ${how}.${but}`;
  }
  const canary = judged.find(({ id }) => id === 'kvm.works');
  const reason = canary?.status === 'warn' ? canary : (problems.find(isKvmWarning) ?? canary);
  const slow = `under software emulation, ${describeSlowdown(facts.slowdown)}`;
  if (reason === undefined || reason.status === 'unknown') {
    return `Whether KVM works is not known; without it labs run ${slow}.`;
  }
  return `KVM is not usable: ${reason.message}. Labs run ${slow}.`;
}

function summariseWork(
  { verdict, work, shown }: Outcome,
  problems: readonly CheckResult[],
): string {
  const what = nameWorks(work);
  const failure = problems.find(({ status }) => status === 'fail');
  if (verdict === 'not-ready') {
    return `This host cannot build ${what} yet: ${failure?.message ?? 'nothing proves that it works'}.`;
  }
  const [first] = problems;
  const open = shown.filter(({ status }) => status === 'unknown').length;
  if (first === undefined && open > 0) {
    return `Nothing is missing to build ${what}, but ${open} of ${shown.length} could not be checked.`;
  }
  return first === undefined
    ? `This host can build ${what}: all that it takes is here.`
    : `This host can build ${what}. Worth a look: ${first.message}.`;
}

function summariseSome(shown: readonly CheckResult[], problem: CheckResult | undefined): string {
  if (problem !== undefined)
    return `Nothing that stops a lab, but worth a look: ${problem.message}.`;
  const open = shown.filter(({ status }) => status === 'unknown' || status === 'skipped').length;
  if (open === 0) return shown.length === 1 ? 'This check passes.' : 'These checks pass.';
  return `No problem was seen, but ${open} of ${shown.length} could not be checked.`;
}

/** Problems with one entry for each cause: two checks may see the same thing from two sides. */
export function distinctProblems(results: readonly CheckResult[]): CheckResult[] {
  const seen = new Set<string>();
  return results.filter(({ status, cause, id }) => {
    if (status !== 'warn' && status !== 'fail') return false;
    const key = cause ?? id;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
