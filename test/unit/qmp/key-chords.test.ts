import { expect, test } from 'vitest';
import { readChord, requireChord } from '../../../src/qmp/key-chords.ts';
import { sysrqKeys } from '../../../src/qmp/sysrq-keys.ts';

test.each([
  ['ctrl-alt-del', ['ctrl', 'alt', 'delete']],
  ['Ctrl+C', ['ctrl', 'c']],
  ['F12', ['f12']],
  ['enter', ['ret']],
  ['shift_r-kp_enter', ['shift_r', 'kp_enter']],
])('%s is pressed as %j', (text, keys) => {
  expect(readChord(text)).toEqual({ keys });
});

test.each([
  ['ctrl-alt-delx', 'delx'],
  ['ctrl--x', ''],
  ['', ''],
  ['α', 'α'],
  ['constructor', 'constructor'],
])('%j names no keys', (text, unknown) => {
  expect(readChord(text)).toEqual({ unknown });
});

test('every SysRq key is one that a keyboard has', () => {
  for (const key of Object.keys(sysrqKeys)) expect(readChord(key)).toEqual({ keys: [key] });
});

test('a name that is no key is refused with those that come near it', () => {
  expect(requireChord('ctrl-c')).toEqual(['ctrl', 'c']);
  for (const [text, message] of [
    ['ctrl-esca', 'Meant esc, escape?'],
    ['ctrl-', '"" in "ctrl-" is not the name of a key.'],
  ] as const)
    expect(() => requireChord(text)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(message) as string,
      }),
    );
});
