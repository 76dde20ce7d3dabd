import { expect, test } from 'vitest';
import { guestRules } from '../../../src/diagnose/guest-rules.ts';
import { qemuRules } from '../../../src/diagnose/qemu-rules.ts';
import { isOfHost } from '../../../src/diagnose/of-host.ts';
import { diagnosisIds } from '../../../src/diagnose/diagnosis.ts';

test('what QEMU says is of this host, and what the guest tells is the guest’s', () => {
  expect(qemuRules.filter(({ id }) => !isOfHost(id)).map(({ id }) => id)).toEqual([]);
  const ofHost = guestRules.filter(({ id }) => isOfHost(id)).map(({ id }) => id);
  expect([...new Set(ofHost)].toSorted()).toEqual(['disk-full', 'host-shutdown']);
  expect(isOfHost('kernel-panic')).toBe(false);
  expect(diagnosisIds.filter(isOfHost)).toContain('qemu-killed');
});
