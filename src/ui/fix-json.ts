import type { CheckResult } from '../host/check.ts';
import type { FixOutcome } from '../host/fixes/outcome.ts';
import type { HostReport } from '../host/report-types.ts';

/** The contract of `utopia doctor --fix --json`, schema 1. */
export function fixesAsJson(outcome: FixOutcome, report: HostReport): unknown {
  const { fixed, failed, relogin, reboot, yours } = outcome;
  return {
    schema: 1,
    verdict: report.verdict,
    accel: report.accel,
    summary: report.summary,
    fixed: fixed.map(({ name, ids, changes, commands }) => ({ name, ids, changes, commands })),
    failed: failed.map(({ unit: { name, ids }, outcome: how }) => ({
      name,
      ids,
      command: how.kind === 'failed' ? how.command : undefined,
      reason: how.kind === 'failed' || how.kind === 'not-tried' ? how.reason : undefined,
      output: how.kind === 'failed' ? how.output : [],
    })),
    relogin: relogin.map(problemAsJson),
    reboot: reboot.map(problemAsJson),
    yours: yours.map(problemAsJson),
  };
}

function problemAsJson({ id, message, cause, fix }: CheckResult): unknown {
  return { id, message, cause, fix };
}
