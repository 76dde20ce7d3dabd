import type { Check, CheckInput, CheckResult } from './check.ts';
import { messageOf } from '../errors.ts';

/** Runs every check. One that throws is a result of its own, and the others go on. */
export function runChecks(
  checks: readonly Check[],
  input: Omit<CheckInput, 'earlier'>,
): CheckResult[] {
  const earlier = new Map<string, CheckResult>();
  for (const check of checks) {
    const { id, group } = check;
    earlier.set(id, { id, group, ...evaluate(check, { ...input, earlier }) });
  }
  return [...earlier.values()];
}

function evaluate(check: Check, input: CheckInput): Omit<CheckResult, 'id' | 'group'> {
  try {
    return check.evaluate(input);
  } catch (error) {
    return {
      status: 'unknown',
      message: `the check itself failed: ${messageOf(error)}`,
      cause: 'check-crashed',
      why: 'This is a bug in utopia; the other checks are not concerned.',
    };
  }
}
