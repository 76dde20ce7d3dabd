import { expect, test } from 'vitest';
import { parseAccepted, parseForwards } from '../../../src/qmp/qmp-forwards.ts';

// As QEMU 7.2.22 printed it, with a connection through the first forward.
const table = `Hub -1 (net0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   39       127.0.0.1 22223       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  38       127.0.0.1  8080       10.0.2.15    80     0     0
  TCP[HOST_FORWARD]  12               * 22223       10.0.2.15    22     0     0
  UDP[236 sec]       40       10.0.2.15 41273        10.0.2.3    53     0     0
  UDP[HOST_FORWARD]  41       127.0.0.1 35001       10.0.2.15 35001     0     0
`;

test('forwards are told from connections', () => {
  expect(parseForwards(table)).toEqual([
    { protocol: 'tcp', host: '127.0.0.1', hostPort: 8080, guestPort: 80 },
    { protocol: 'tcp', host: '0.0.0.0', hostPort: 22_223, guestPort: 22 },
    { protocol: 'udp', host: '127.0.0.1', hostPort: 35_001, guestPort: 35_001 },
  ]);
  expect(parseForwards('')).toEqual([]);
});

test('connections through a forward are counted, in any state', () => {
  const address = { host: '127.0.0.1', hostPort: 22_223 };
  expect(parseAccepted(table, address)).toBe(1);
  const opening = table.replace('TCP[ESTABLISHED]', 'TCP[SYN_SENT]');
  expect(parseAccepted(opening, address)).toBe(1);
  // Listeners, and connections to other ports, are none.
  expect(parseAccepted(table, { ...address, hostPort: 8080 })).toBe(0);
  expect(parseAccepted(table, { host: '127.0.0.2', hostPort: 22_223 })).toBe(0);
});
