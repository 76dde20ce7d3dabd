import { expect, test } from 'vitest';
import {
  createConsoleReader,
  keepConsoleTail,
  plainLine,
} from '../../../src/guest/console-text.ts';

test.each([
  ['\u001B[0;32m  OK  \u001B[0m] Reached target', '  OK  ] Reached target'],
  ['\u001B[H\u001B[J\u001B[1;1H  Booting `lab’\r', '  Booting `lab’'],
  ['\rLoading Linux 6.1.0-56-amd64 ...', 'Loading Linux 6.1.0-56-amd64 ...'],
  ['copied 10%\rcopied 20%\r', 'copied 20%'],
  ['\u001B]0;title\u0007root@lab:~# ', 'root@lab:~#'],
  ['\u0000a\u0008b', 'ab'],
  ['μάθημα', 'μάθημα'],
])('%j reads as %j', (raw, plain) => {
  expect(plainLine(raw)).toBe(plain);
});

test('lines come out whole, a prompt as the unfinished line, whatever the chunks', () => {
  const read = createConsoleReader();
  const bytes = Buffer.from('Ωμέγα\r\nlab login: ');
  const first = read(bytes.subarray(0, 1));
  expect(first).toEqual({ lines: [], partial: '' });
  expect(read(bytes.subarray(1))).toEqual({ lines: ['Ωμέγα'], partial: 'lab login:' });
});

test('bytes that are no UTF-8 neither throw nor swallow the line', () => {
  const read = createConsoleReader();
  const { lines } = read(Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a]));
  expect(lines).toEqual(['a\uFFFD\uFFFDb']);
});

test('a line without end is cut, so that memory stays bounded', () => {
  const read = createConsoleReader();
  const { lines, partial } = read(Buffer.alloc(100_000, 0x78));
  expect(lines).toHaveLength(1);
  expect(partial).toBe('');
});

test('the tail keeps the last lines that say something, and the prompt', () => {
  const tail = keepConsoleTail(2);
  tail.add(Buffer.from('a\r\n\r\nb\r\n'));
  tail.add(Buffer.from('c\r\ngrub rescue> '));
  expect(tail.lines()).toEqual(['b', 'c', 'grub rescue>']);
});

test('the tail of a flood is whole lines, and small', () => {
  const tail = keepConsoleTail();
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index} of many\n`);
  for (const line of lines) tail.add(Buffer.from(line));
  tail.add(Buffer.from(lines.join('')));
  const kept = tail.lines();
  expect(kept).toHaveLength(200);
  expect(kept[0]).toBe('line 4800 of many');
  expect(kept.at(-1)).toBe('line 4999 of many');
});
