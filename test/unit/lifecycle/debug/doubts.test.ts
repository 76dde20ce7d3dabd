import { expect, test } from 'vitest';
import { doubtDump } from '../../../../src/lifecycle/debug/dump-machine.ts';
import { doubtSymbols } from '../../../../src/lifecycle/debug/running-symbols.ts';

test('symbols that are younger than the machine are doubted, those of a package never', () => {
  const builtAt = new Date('2026-11-30T12:00:00Z');
  const before = '2026-11-30T11:59:59Z';
  expect(doubtSymbols({ builtAt, objects: '/out' }, before)).toContain('was built again');
  expect(doubtSymbols({ builtAt, objects: '/out' }, '2026-11-30T12:00:00Z')).toBeUndefined();
  expect(doubtSymbols({ builtAt, objects: '/out' }, undefined)).toBeUndefined();
  expect(doubtSymbols({ builtAt, objects: undefined }, before)).toBeUndefined();
});

test('a dump is doubted for what it lacks, the device first', () => {
  const whole = { hasCoreInfo: true, hasAddresses: true, hasDevice: true };
  expect(doubtDump(whole)).toBeUndefined();
  expect(doubtDump({ ...whole, hasDevice: false })).toBeUndefined();
  expect(doubtDump({ ...whole, hasCoreInfo: false, hasDevice: false })).toContain('no vmcoreinfo');
  expect(doubtDump({ ...whole, hasCoreInfo: false })).toContain('modprobe qemu_fw_cfg');
  expect(doubtDump({ ...whole, hasAddresses: false })).toContain('drgn 0.0.22');
});
