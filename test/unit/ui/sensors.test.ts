import { expect, test } from 'vitest';
import { describeSensors, type ShownSensors } from '../../../src/ui/sensors.ts';

const shown: ShownSensors = {
  ...{ name: 'ask2', configured: 'sim', runs: true, hasPort: true, feed: 'tcp:host:4000' },
  ...{ pid: 42, log: Array.from({ length: 10 }, (_none, line) => `line ${line}`) },
};

test('a bridge that lives says its feed, and the last eight lines of its log', () => {
  const [first, ...log] = describeSensors(shown);
  expect(first).toBe('tcp:host:4000 is at /dev/ttyS1 of ask2 (bridge: pid 42).');
  expect(log).toHaveLength(8);
  expect(log.at(-1)).toBe('  line 9');
});

test('one that has ended says how it comes back, with its feed or the one that is configured', () => {
  expect(describeSensors({ ...shown, pid: undefined })[1]).toBe('utopia sensors use tcp:host:4000');
  const none = { ...shown, pid: undefined, feed: undefined };
  expect(describeSensors(none)[1]).toBe('utopia sensors use sim');
});

test('a machine without the port has no log to show; one that is off has', () => {
  expect(describeSensors({ ...shown, hasPort: false })).toHaveLength(2);
  expect(describeSensors({ ...shown, runs: false, hasPort: false })).toHaveLength(9);
});
