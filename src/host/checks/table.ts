import { UtopiaError } from '../../errors.ts';
import type { Check } from '../check.ts';
import { cpuChecks } from './cpu.ts';
import { deviceChecks } from './device.ts';
import { hostChecks } from './host.ts';
import { labChecks } from './lab.ts';
import { limitChecks } from './limits.ts';
import { moduleChecks } from './modules.ts';
import { qemuChecks } from './qemu.ts';
import { loginChecks } from './login.ts';
import { shareChecks } from './share.ts';
import { workChecks } from './work.ts';

/**
 * Every check, in the order of evaluation and of the report: what explains stands before
 * what it explains. Those of the group Work are made only where somebody asks for them.
 */
export const checks: readonly Check[] = [
  ...hostChecks,
  ...limitChecks,
  ...cpuChecks,
  ...moduleChecks,
  ...deviceChecks,
  ...qemuChecks,
  ...labChecks,
  ...shareChecks,
  ...loginChecks,
  ...workChecks,
];

/** Ids as typed, some with commas between them. Throws `usage` for one that no check has. */
export function readCheckIds(wanted: readonly string[]): ReadonlySet<string> {
  const ids = wanted.flatMap((word) => word.split(','));
  for (const id of ids) {
    if (checks.some((check) => check.id === id)) continue;
    throw new UtopiaError('usage', `There is no check ${id}.`, {
      hint: 'utopia doctor --list names them.',
    });
  }
  return new Set(ids);
}
