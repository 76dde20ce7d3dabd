import { guestRules } from './guest-rules.ts';
import { qemuRules, unexplainedExit } from './qemu-rules.ts';
import type { Rule } from './rule-text.ts';
import type { Diagnosis, Evidence } from './diagnosis.ts';
import { waitingRules } from './waiting-rules.ts';

/** In the order in which they are asked: the nearest cause first, the bare time-out last. */
export const rules: readonly Rule[] = [
  ...qemuRules,
  ...guestRules,
  unexplainedExit,
  ...waitingRules,
];

/** Explains why a machine did not come up. Always finds something: the last rule is the time-out. */
export function diagnose(evidence: Evidence): Diagnosis {
  for (const rule of rules) {
    const explanation = rule.explain(evidence);
    if (explanation !== undefined) return { id: rule.id, ...explanation };
  }
  throw new Error('no rule applies, although the last one always does');
}
