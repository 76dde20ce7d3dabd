import { expect, test } from 'vitest';
import {
  fragmentLine,
  majorMinor,
  parseFragment,
  parseKernelConfig,
  valueOf,
} from '../../../src/kernel/config-text.ts';

const text = `#
# Automatically generated file; DO NOT EDIT.
# Linux/x86 6.1.192 Kernel Configuration
#
CONFIG_64BIT=y
CONFIG_VHOST_NET=m
CONFIG_LOCALVERSION="-mine"
CONFIG_LOG_BUF_SHIFT=18
# CONFIG_KASAN is not set
CONFIG_KCSAN=n
CONFIG_64BIT=y
`;

test('a .config: values, what is not set, and the head', () => {
  const config = parseKernelConfig(text);
  expect(config).toMatchObject({ version: '6.1.192', architecture: 'x86', complete: true });
  expect([...(config?.options ?? [])]).toEqual([
    ['64BIT', 'y'],
    ['VHOST_NET', 'm'],
    ['LOCALVERSION', '"-mine"'],
    ['LOG_BUF_SHIFT', '18'],
  ]);
});

test('the last line of an option counts, and lines may end as on Windows', () => {
  const config = parseKernelConfig('CONFIG_A=y\r\nCONFIG_B=y\r\n# CONFIG_A is not set\r\n');
  expect([...(config?.options ?? [])]).toEqual([['B', 'y']]);
  expect(config).toMatchObject({ version: undefined, complete: false });
});

test.each([[''], ['#!/bin/sh\necho CONFIG_A\n'], ['{"CONFIG": 1}'], [' CONFIG_A=y']])(
  '%j is no .config',
  (foreign) => expect(parseKernelConfig(foreign)).toBeUndefined(),
);

test('an option without a value is n', () => {
  expect(valueOf({ options: new Map([['A', 'm']]) }, 'A')).toBe('m');
  expect(valueOf({ options: new Map() }, 'A')).toBe('n');
});

test('a fragment says what it clears, and is written as merge_config.sh reads it', () => {
  const lines = ['A=y', 'B=n'].map((each) => each.split('='));
  const written = lines.map(([option = '', value = '']) => fragmentLine(option, value)).join('\n');
  expect(written).toBe('CONFIG_A=y\n# CONFIG_B is not set');
  expect([...parseFragment(written)]).toEqual([
    ['A', 'y'],
    ['B', 'n'],
  ]);
});

test.each([
  ['6.1.192-2-amd64', [6, 1]],
  ['6.12-rc3', [6, 12]],
  ['next', undefined],
  [undefined, undefined],
])('%s is %j', (version, expected) => expect(majorMinor(version)).toEqual(expected));

test('a megabyte in one line is read in a moment', () => {
  const start = performance.now();
  expect(
    parseKernelConfig(`CONFIG_A=${'"'.repeat(2 ** 20)}\n${'# '.repeat(2 ** 19)}`),
  ).toBeDefined();
  expect(performance.now() - start).toBeLessThan(2_000);
});
