import { expect, test } from 'vitest';
import { parseKernelConfig } from '../../../../src/kernel/config-text.ts';
import { findConfigChanges } from '../../../../src/lifecycle/bisect/config-changes.ts';

function config(...lines: readonly string[]): NonNullable<ReturnType<typeof parseKernelConfig>> {
  return parseKernelConfig(lines.map((line) => `CONFIG_${line}\n`).join('')) ?? never();
}

function never(): never {
  throw new Error('no config');
}

test('what is new, gone or of another value, and not what states a fact', () => {
  const before = config('A=y', 'B=m', 'C="text"', 'GCC_VERSION=120200', 'X=y');
  const after = config('A=y', 'B=y', 'C="text"', 'D=42', 'GCC_VERSION=130100');
  expect(findConfigChanges(before, after)).toEqual([
    { option: 'B', was: 'm', is: 'y' },
    { option: 'X', was: 'y', is: 'n' },
    { option: 'D', was: 'n', is: '42' },
  ]);
  expect(findConfigChanges(before, before)).toEqual([]);
});
