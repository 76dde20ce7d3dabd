import { expect, test } from 'vitest';
import { readFragmentName, readSetting } from '../../../src/kernel/fragments.ts';

test.each([
  ['KASAN=y', 'KASAN', 'y'],
  ['CONFIG_LOG_BUF_SHIFT=18', 'LOG_BUF_SHIFT', '18'],
  ['PHYSICAL_START=0x1000', 'PHYSICAL_START', '0x1000'],
  ['LOCALVERSION=-mine', 'LOCALVERSION', '"-mine"'],
  [String.raw`CMDLINE=a "b" \c`, 'CMDLINE', String.raw`"a \"b\" \\c"`],
  ['CMDLINE=""', 'CMDLINE', '""'],
])('--set %s', (text, option, value) => {
  expect(readSetting(text)).toEqual([option, value]);
});

test.each(['KASAN', 'KASAN=', '=y', 'A B=y', 'A=é', 'A=y\n'])('--set %j is refused', (text) => {
  expect(() => readSetting(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a fragment goes by its own name alone', () => {
  expect(readFragmentName(' kasan ').name).toBe('kasan');
  for (const name of ['', 'KASAN', 'machine', '__proto__'])
    expect(() => readFragmentName(name)).toThrow(expect.objectContaining({ code: 'usage' }));
});
