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

/** What the agent says; the rest of the letters are for its ears. */
export interface AgentFrame {
  readonly type: FromAgent;
  readonly payload: Buffer;
}

/** Letter and length: big-endian, 32 bits. */
const headerBytes = 5;
/** The agent passes output in pieces of 32 KiB and its own words are shorter: twice that is noise. */
const longestPayload = 64 * 1024;
/** More than any of its numbers: it counts bytes of input, of which few are under way. */
const longestNumber = 10;

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
 * Takes what an agent sends as it comes, gives the frames that are whole. Holds one frame at
 * most, and copies each byte once however small the pieces are. Throws a RangeError for what
 * cannot be a frame of an agent.
 */
export function createFrameReader(): (chunk: Uint8Array) => AgentFrame[] {
  const header = Buffer.alloc(headerBytes);
  let headerFilled = 0;
  let payload: Buffer | undefined;
  let filled = 0;
  return (chunk) => {
    const frames: AgentFrame[] = [];
    let at = 0;
    while (at < chunk.length || payload?.length === 0) {
      if (payload === undefined) {
        const piece = chunk.subarray(at, at + headerBytes - headerFilled);
        header.set(piece, headerFilled);
        headerFilled += piece.length;
        at += piece.length;
        if (headerFilled < headerBytes) break;
        payload = Buffer.allocUnsafe(announcedLength(header));
        filled = 0;
      }
      const piece = chunk.subarray(at, at + payload.length - filled);
      payload.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < payload.length) break;
      frames.push({ type: header.toString('latin1', 0, 1) as FromAgent, payload });
      payload = undefined;
      headerFilled = 0;
    }
    return frames;
  };
}

function announcedLength(header: Buffer): number {
  const type = header.toString('latin1', 0, 1);
  if (!'ROTAQ'.includes(type)) throw new RangeError(`a frame of type ${JSON.stringify(type)}`);
  const length = header.readUInt32BE(1);
  if (length > longestPayload) throw new RangeError(`a frame of ${length} bytes`);
  return length;
}

/** The decimal number that a payload is, up to `most`; undefined for anything else. Pure. */
export function readNumber(payload: Uint8Array, most: number): number | undefined {
  if (payload.length > longestNumber) return undefined;
  const text = Buffer.from(payload).toString('latin1');
  // Without the anchor for a line's end: that would let a newline pass.
  if (!/^(?:0|[1-9]\d*)$/.test(text) || text.endsWith('\n')) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
