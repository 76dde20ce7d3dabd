import { expect, test } from 'vitest';
import { formatSensors, readSensors } from '../../../src/config/sensor-setting.ts';
import { Refusal } from '../../../src/config/setting.ts';

test.each([
  'none',
  'sim',
  'sim:bad-crc,burst,node-17',
  'tcp:lab.example.org:49152',
  'tcp:[::1]:49153',
  'replay:/my recordings/a:b.bin',
  'serial:/dev/ttyUSB0',
])('%s is read, and written again', (text) => {
  const feed = readSensors(text);
  if (feed instanceof Refusal) throw new Error(feed.message);
  expect(formatSensors(feed)).toBe(text);
});

test.each([
  ['', /is not a sensor feed/, /Write sim, tcp/],
  ['simulation', /is not a sensor feed/, /Write sim/],
  ['sim:bad', /unknown fault "bad"/, /bad-crc, truncated/],
  ['tcp:host', /not a server and its port/, /tcp:HOST:PORT/],
  ['tcp:host:0', /not a server/, /tcp:/],
  ['tcp:host:65536', /not a server/, /tcp:/],
  ['tcp:http://host:1', /not a server/, /tcp:/],
  ['replay:', /names no file/, /replay:FILE/],
  ['serial:', /names no device/, /serial:/],
  ['none:1', /more behind none/, /Write/],
])('"%s" is refused', (text, message, hint) => {
  const refusal = readSensors(text);
  expect(refusal).toBeInstanceOf(Refusal);
  expect((refusal as Refusal).message).toMatch(message);
  expect((refusal as Refusal).hint).toMatch(hint);
});
