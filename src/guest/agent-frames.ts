/**
 * What host and agent say to each other, a letter each. To the agent: `H` clock and
 * random bytes, `M` mount the share, `F` hold this named pipe, `W` write files, `X` run this shell
 * text, `I` input, `E` end of input, `S` a signal's number for the command, `Z` remove these files
 * and end. From it: `R` ready, `O` output, `T` output on stderr, `A` so many bytes of input were
 * taken, `Q` the command's status.
 */
export type FrameType = ToAgent | FromAgent;
type ToAgent = 'H' | 'M' | 'F' | 'W' | 'X' | 'I' | 'E' | 'S' | 'Z';
type FromAgent = 'R' | 'O' | 'T' | 'A' | 'Q';

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

/** Letter and length: big-endian, 32 bits. */
const headerBytes = 5;
/** Neither side sends longer ones; what claims to be is noise. */
const longestPayload = 1 << 20;

/** A frame's bytes. Pure. */
export function encodeFrame(type: FrameType, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(headerBytes + body.length);
  frame.write(type, 0, 'latin1');
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, headerBytes);
  return frame;
}

/**
 * Takes the bytes of a connection as they come, gives the frames that are whole.
 * Throws a RangeError for what cannot be a frame.
 */
export function createFrameReader(): (chunk: Uint8Array) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= headerBytes) {
      const length = rest.readUInt32BE(1);
      if (length > longestPayload) throw new RangeError(`a frame of ${length} bytes`);
      if (rest.length < headerBytes + length) break;
      const type = rest.toString('latin1', 0, 1) as FrameType;
      frames.push({ type, payload: rest.subarray(headerBytes, headerBytes + length) });
      rest = rest.subarray(headerBytes + length);
    }
    return frames;
  };
}
