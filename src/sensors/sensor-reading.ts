import { amTypes, type Packet } from './frame.ts';

/** What a sensor node sends, as 10-bit ADC values but for `node`. */
export interface RawReading {
  /** 1 to 16. */
  readonly node: number;
  /** The reference voltage as the battery sees it: the lower, the more battery. */
  readonly battery: number;
  readonly temperature: number;
  readonly light: number;
}

/** Nodes of a sensor set. */
export const nodeCount = 16;

/** Payload of a sensor packet: offsets from its start (frame offsets minus 7). */
const payloadBytes = 27;
const offsets = { node: 2, kind: 6, battery: 11, temperature: 13, light: 15, rest: 17 } as const;
/** Socket, board and packet id of the lab's boards. */
const kind = Buffer.from([0x33, 0x91, 0x81]);
/** The five other ADC words of a real frame; nobody reads them. */
const otherWords = [0x01_80, 0x01_9d, 0x01_8d, 0x01_f6, 0x01_96];

/** The packet with which a node reports. */
export function encodeReading({ node, battery, temperature, light }: RawReading): Packet {
  const payload = Buffer.alloc(payloadBytes);
  payload.writeUInt16LE(node, offsets.node);
  kind.copy(payload, offsets.kind);
  payload.writeUInt16LE(battery, offsets.battery);
  payload.writeUInt16LE(temperature, offsets.temperature);
  payload.writeUInt16LE(light, offsets.light);
  for (const [index, word] of otherWords.entries()) {
    payload.writeUInt16LE(word, offsets.rest + 2 * index);
  }
  return { amType: amTypes.sensors, payload };
}

/** The reading in a packet; undefined for packets of other types. */
export function decodeReading({ amType, payload }: Packet): RawReading | undefined {
  if (amType !== amTypes.sensors || payload.length < offsets.rest) return undefined;
  return {
    node: payload.readUInt16LE(offsets.node),
    battery: payload.readUInt16LE(offsets.battery),
    temperature: payload.readUInt16LE(offsets.temperature),
    light: payload.readUInt16LE(offsets.light),
  };
}

/** A reading as the course's lookup tables have it: thousandths of V, °C, and of the light's unit. */
export interface Measured {
  readonly batteryMilli: number;
  readonly temperatureMilli: number;
  readonly lightMilli: number;
}

/** The conversions of the course's lookup tables, which hold whole numbers. */
export function convertReading({ battery, temperature, light }: RawReading): Measured {
  const ohms = (10_000 * (1023 - temperature)) / temperature;
  const ln = Math.log(ohms);
  const kelvinInverse = 0.001_010_024 + 0.000_242_127 * ln + 0.000_000_146 * ln ** 3;
  return {
    batteryMilli: Math.trunc((1_223 * 1023) / battery),
    temperatureMilli: Math.trunc(1000 * (1 / kelvinInverse - 272.15)),
    lightMilli: Math.trunc((light * 5_000_000) / 65_535),
  };
}
