import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter, formatCommand, parseMessage } from '../../../src/qmp/protocol.ts';

test('a stream comes out as the same lines however it is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => JSON.stringify([text]))),
      fc.array(fc.nat(40)),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
        const split = createLineSplitter();
        const seen: string[] = [];
        let start = 0;
        for (const cut of [...cuts, bytes.length]) {
          seen.push(...split(bytes.subarray(start, start + cut)));
          start += cut;
        }
        expect(seen).toEqual(lines);
      },
    ),
  );
});

test('a rest without newline waits for the next chunk, blank lines are dropped', () => {
  const split = createLineSplitter();
  expect(split(Buffer.from('{"a":1'))).toEqual([]);
  expect(split(Buffer.from('}\n\n\r\n{"b"'))).toEqual(['{"a":1}']);
});

test('a line that never ends is an error, not an endless buffer', () => {
  const split = createLineSplitter();
  const chunk = Buffer.alloc(17 * 1024 * 1024, 0x61);
  split(chunk);
  expect(() => split(chunk)).toThrow(RangeError);
});

describe('parseMessage', () => {
  test('an event keeps name, data and time in milliseconds', () => {
    const line =
      '{"timestamp":{"seconds":1795395106,"microseconds":22839},"event":"GUEST_PANICKED","data":{"action":"pause"}}';
    expect(parseMessage(line)).toEqual({
      kind: 'event',
      event: { name: 'GUEST_PANICKED', data: { action: 'pause' }, timeMs: 1795395106022.839 },
    });
  });

  test('QEMU writes -1 when it has no clock', () => {
    const line = '{"timestamp":{"seconds":-1,"microseconds":-1},"event":"STOP"}';
    expect(parseMessage(line)).toEqual({
      kind: 'event',
      event: { name: 'STOP', data: {}, timeMs: undefined },
    });
  });

  test('an error keeps class and description', () => {
    expect(parseMessage('{"error":{"class":"CommandNotFound","desc":"no such"},"id":"3"}')).toEqual(
      { kind: 'error', id: '3', errorClass: 'CommandNotFound', description: 'no such' },
    );
  });

  test.each(['SSH-2.0-OpenSSH_9.2', '[]', 'null', '{"hello":1}', '{"QMP":{}}'])(
    '%s is unknown',
    (line) => {
      expect(parseMessage(line).kind).toBe('unknown');
    },
  );
});

test('a command is one line of JSON with an id', () => {
  expect(formatCommand('human-monitor-command', { 'command-line': 'info\nstatus' }, '7')).toBe(
    '{"execute":"human-monitor-command","arguments":{"command-line":"info\\nstatus"},"id":"7"}\n',
  );
  expect(formatCommand('quit', undefined, '8')).toBe('{"execute":"quit","id":"8"}\n');
});
