import { expect, test } from 'vitest';
import { createKeyReader, watchModes } from '../../../src/guest/console-keys.ts';

const typed = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const sent = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

test('everything but Ctrl-] goes to the guest', () => {
  const read = createKeyReader();
  const { send, actions } = read(typed('ls\r\x03\x04\x1a\x1b[A\xce\xb1'));
  expect(sent(send)).toBe('ls\r\x03\x04\x1a\x1b[A\xce\xb1');
  expect(actions).toEqual([]);
});

test('Ctrl-] and q leave; what follows is not sent', () => {
  const read = createKeyReader();
  const { send, actions } = read(typed('a\x1dqrm -rf /\r'));
  expect([sent(send), actions]).toEqual(['a', ['menu', 'leave']]);
});

test('the menu stays open between two chunks, for one key', () => {
  const read = createKeyReader();
  expect(read(typed('\x1d')).actions).toEqual(['menu']);
  expect(read(typed('s')).actions).toEqual(['size']);
  expect(sent(read(typed('s')).send)).toBe('s');
});

test('Ctrl-] twice sends one; another key closes the menu and is not sent', () => {
  const read = createKeyReader();
  const twice = read(typed('\x1d\x1dq'));
  expect([sent(twice.send), twice.actions]).toEqual(['\x1dq', ['menu']]);
  const other = read(typed('\x1dxy'));
  expect([sent(other.send), other.actions]).toEqual(['y', ['menu']]);
});

test('modes that the guest left on are ended, those it ended are not', () => {
  const modes = watchModes();
  expect(modes.restore()).toBe('\x1b[m');
  modes.see(typed('\x1b[?1049h\x1b[?25l vim'));
  modes.see(typed('\x1b[?25h\x1b[?20'));
  modes.see(typed('04h'));
  expect(modes.restore()).toBe('\x1b[m\x1b[?1049l\x1b[?2004l');
});
