import type { CheckResult } from './check.ts';
import type { HostFacts } from './facts/types.ts';
import type { HostReport } from './report.ts';

/** A warning that costs speed, not the lab. */
export function isKvmWarning({ group, status, id }: CheckResult): boolean {
  return status === 'warn' && (group === 'KVM' || id === 'host.arch' || id === 'qemu.features');
}

/** The answer in one line: will labs run, how fast, and what is in the way. */
export function summarise(
  verdict: HostReport['verdict'],
  accel: HostReport['accel'],
  shown: readonly CheckResult[],
  facts: HostFacts,
): string {
  const problems = distinctProblems(shown);
  const first = problems[0];
  if (verdict === 'not-ready') {
    const failure = problems.find(({ status }) => status === 'fail');
    return `Labs cannot run yet: ${failure?.message ?? 'something is missing'}.`;
  }
  if (verdict === 'ready') {
    const how =
      accel === 'kvm'
        ? 'with KVM, at full speed'
        : 'under software emulation, because UTOPIA_ACCEL=tcg';
    const but = first === undefined ? '' : ` Worth a look: ${first.message}.`;
    return accel === 'none' ? `These checks pass.${but}` : `Labs run, ${how}.${but}`;
  }
  const canary = shown.find(({ id }) => id === 'kvm.works');
  const reason = canary?.status === 'warn' ? canary : (problems.find(isKvmWarning) ?? canary);
  const slow = slownessOf(facts);
  return `KVM is not usable: ${reason?.message ?? 'nothing proves that it works'}. Labs run, ${slow}.`;
}

/** Nothing here measured how much slower: a guest's boot under emulation takes about ten times as long. */
function slownessOf({ machine }: HostFacts): string {
  return machine.arch === undefined || machine.arch === 'x86_64'
    ? 'about 10× slower'
    : 'slowly, under software emulation';
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
