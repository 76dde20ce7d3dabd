/**
 * Frames of the Lunix:TNG sensor stream, as the lab's servers send them over a
 * serial line (57600 8N1): TinyOS packets between 0x7E flags. Pure.
 */

const flag = 0x7e;
const escape = 0x7d;
/** What an escaped byte is changed by. */
const escapeMask = 0x20;

/** TinyOS' packet type for a packet without acknowledgement; it stands unescaped behind the flag. */
const packetType = 0x42;
/** Destination and group that all frames of the stream have. */
const destination = 0x00_7e;
const group = 0x84;

/** AM types of the stream. The driver reads `sensors` and ignores all others. */
export const amTypes = { sensors: 0x0b, beacon: 0xfd, routing: 0x03 } as const;

/** Bytes of a packet that are not payload: type, destination, AM type, group, length; and the CRC. */
const headerBytes = 6;
const crcBytes = 2;

/** A packet without flags, escapes and CRC. */
export interface Packet {
  readonly amType: number;
  readonly payload: Buffer;
}

/** Why bytes between two flags are no packet. */
export type FrameTrouble = 'truncated' | 'bad-crc';

/** CRC-16 of the stream: polynomial 0x1021, initial 0, no reflection, no final xor. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x80_00) === 0 ? crc << 1 : (crc << 1) ^ 0x10_21;
    }
    crc &= 0xff_ff;
  }
  return crc;
}

/** The packet as it goes over the line, flags included. `crcError` is added to a right CRC. */
export function encodeFrame({ amType, payload }: Packet, crcError = 0): Buffer {
  const body = Buffer.alloc(headerBytes + payload.length + crcBytes);
  body.writeUInt8(packetType, 0);
  body.writeUInt16LE(destination, 1);
  body.writeUInt8(amType, 3);
  body.writeUInt8(group, 4);
  body.writeUInt8(payload.length, 5);
  payload.copy(body, headerBytes);
  const crc = crc16(body.subarray(0, -crcBytes));
  body.writeUInt16LE((crc + crcError) & 0xff_ff, body.length - crcBytes);
  const escaped = [...body].flatMap((byte) =>
    byte === flag || byte === escape ? [escape, byte ^ escapeMask] : [byte],
  );
  return Buffer.from([flag, ...escaped, flag]);
}

/** Reads a frame, flags included, as `createSplitter` cuts them out of a stream. */
export function decodeFrame(frame: Uint8Array): Packet | FrameTrouble {
  const body: number[] = [];
  let escaped = false;
  for (const byte of frame.subarray(1, -1)) {
    if (byte === escape) escaped = true;
    else {
      body.push(escaped ? byte ^ escapeMask : byte);
      escaped = false;
    }
  }
  const length = body[5] ?? 0;
  const crcAt = headerBytes + length;
  if (escaped || body.length !== crcAt + crcBytes) return 'truncated';
  const packet = Buffer.from(body);
  if (packet.readUInt16LE(crcAt) !== crc16(packet.subarray(0, crcAt))) return 'bad-crc';
  return { amType: packet.readUInt8(3), payload: packet.subarray(headerBytes, crcAt) };
}

/** Escaped, the longest payload and all around it. What is longer has lost its flag. */
const longestFrame = 2 * (headerBytes + 255 + crcBytes) + 2;

/** Cuts a stream into frames, whatever its chunks. */
export interface Splitter {
  /** The frames that end in this chunk, flags included. */
  push(chunk: Uint8Array): Buffer[];
  /** Bytes so far that belonged to no frame: a stream joined in the middle, noise. */
  readonly strayBytes: number;
}

/**
 * A frame ends at a flag, and that flag may be the next one's first: so a frame
 * that was cut off spoils no other. Nothing is checked but that a packet begins.
 */
export function createSplitter(): Splitter {
  let open: number[] | undefined;
  let strayBytes = 0;
  return {
    get strayBytes() {
      return strayBytes;
    },
    push: (chunk) => {
      const frames: Buffer[] = [];
      for (const byte of chunk) {
        if (byte !== flag) {
          open?.push(byte);
          if (open === undefined) strayBytes += 1;
          else if (open.length > longestFrame) {
            strayBytes += open.length;
            open = undefined;
          }
          continue;
        }
        if (open !== undefined && open.length > 0) {
          if (open[0] === packetType && open.length >= headerBytes + crcBytes) {
            frames.push(Buffer.from([flag, ...open, flag]));
          } else strayBytes += open.length;
        }
        open = [];
      }
      return frames;
    },
  };
}
