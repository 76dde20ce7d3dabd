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
