import { expect, test } from 'vitest';
import { formatForward, readForward, readForwards } from '../../../src/config/forward-setting.ts';
import { Refusal } from '../../../src/config/setting.ts';

test.each([
  ['8080:80', { protocol: 'tcp', host: '127.0.0.1', hostPort: 8080, guestPort: 80 }, '8080:80'],
  ['localhost:8080:80/tcp', { host: '127.0.0.1', hostPort: 8080 }, '8080:80'],
  ['0.0.0.0:8080:80', { host: '0.0.0.0' }, '0.0.0.0:8080:80'],
  [':8080:80', { host: '0.0.0.0' }, '0.0.0.0:8080:80'],
  ['35001:35001/udp', { protocol: 'udp', guestPort: 35_001 }, '35001:35001/udp'],
  ['2222:22', { guestPort: 22 }, '2222:22'],
])('%s is read, and written as %3$s', (text, forward, written) => {
  const read = readForward(text);
  expect(read).toMatchObject(forward);
  expect(read instanceof Refusal ? read.message : formatForward(read)).toBe(written);
});

test.each([
  ['8080', /is not a forward/],
  ['80:80', /port of the host that is not from 1024/],
  ['8080:0', /port of the guest that is not from 1/],
  ['8080:80/sctp', /is not a forward/],
  ['example.org:8080:80', /address that is not IPv4/],
  ['0.0.0.0:2222:22', /guest's SSH to the network/],
  ['8080:80,-device', /is not a forward/],
])('%s is refused', (text, why) => {
  const read = readForward(text);
  expect(read).toBeInstanceOf(Refusal);
  expect((read as Refusal).message).toMatch(why);
});

test('a list names each port of the host once', () => {
  expect(readForwards(' 8080:80, 8081:81\t8080:80/udp ')).toHaveLength(3);
  expect(readForwards('')).toEqual([]);
  for (const text of ['8080:80 8080:81', '127.0.0.1:8080:80 0.0.0.0:8080:80']) {
    expect((readForwards(text) as Refusal).message).toBe('names port 8080 of the host twice');
  }
  expect((readForwards('8080:80 x') as Refusal).message).toBe('has "x", which is not a forward');
});
