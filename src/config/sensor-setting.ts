import { clip } from './bounds.ts';
import { Refusal } from './setting.ts';
import type { SensorFeed, SimulatedFault } from './machine-config.ts';

/** What a simulated feed can do wrong, with what it then does. */
export const simulatedFaults: Readonly<Record<SimulatedFault, string>> = {
  'bad-crc': 'one frame in eight has a wrong CRC',
  truncated: 'one frame in eight breaks off in its middle',
  burst: 'one write in eight holds five frames',
  'node-0': 'one frame in eight is from a node 0',
  'node-17': 'one frame in eight is from a node 17',
  silence: 'nothing for the last 10 s of every 30',
  disconnect: 'the same, and it begins in the middle of a frame',
};

const forms = 'Write sim, tcp:HOST:PORT, replay:FILE, serial:/dev/ttyUSB0 or none.';

/** Reads UTOPIA_SENSORS; a file's or device's path stays as written. */
export function readSensors(text: string): SensorFeed | Refusal {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  switch (kind) {
    case 'none':
      return rest === '' ? { kind } : new Refusal('has more behind none', forms);
    case 'sim':
      return readFaults(rest);
    case 'tcp':
      return readServer(rest);
    case 'replay':
      return rest === '' ? new Refusal('names no file', 'Write replay:FILE') : { kind, file: rest };
    case 'serial':
      return rest === ''
        ? new Refusal('names no device', 'Write serial:/dev/ttyUSB0')
        : { kind, device: rest };
    default:
      return new Refusal('is not a sensor feed', forms);
  }
}

function readFaults(text: string): SensorFeed | Refusal {
  const faults: SimulatedFault[] = [];
  for (const word of text.split(',').filter((each) => each !== '')) {
    if (!isFault(word)) {
      const known = Object.keys(simulatedFaults).join(', ');
      return new Refusal(`names the unknown fault "${clip(word)}"`, `Known are ${known}.`);
    }
    faults.push(word);
  }
  return { kind: 'sim', faults };
}

function isFault(word: string): word is SimulatedFault {
  return Object.hasOwn(simulatedFaults, word);
}

function readServer(text: string): SensorFeed | Refusal {
  const match = /^(\[[\da-f:.]+\]|[^:[\]\s/]+):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    return new Refusal(
      'is not a server and its port',
      'Write tcp:HOST:PORT, as in tcp:10.0.0.1:49152',
    );
  }
  return { kind: 'tcp', host: match[1].replaceAll(/[[\]]/g, ''), port };
}

/** The feed with an absolute path; a device, too, may be named from the file's folder. */
export function resolveSensors(feed: SensorFeed, absolute: (path: string) => string): SensorFeed {
  if (feed.kind === 'replay') return { ...feed, file: absolute(feed.file) };
  if (feed.kind === 'serial') return { ...feed, device: absolute(feed.device) };
  return feed;
}

/** The feed as `readSensors` reads it. */
export function formatSensors(feed: SensorFeed): string {
  switch (feed.kind) {
    case 'none':
      return 'none';
    case 'sim':
      return feed.faults.length === 0 ? 'sim' : `sim:${feed.faults.join(',')}`;
    case 'tcp':
      return `tcp:${feed.host.includes(':') ? `[${feed.host}]` : feed.host}:${feed.port}`;
    case 'replay':
      return `replay:${feed.file}`;
    case 'serial':
      return `serial:${feed.device}`;
    default:
      return feed satisfies never;
  }
}
