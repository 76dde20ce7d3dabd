/** What is kept of a stream: all of it, or its start and its end with a line between. */
export interface KeptOutput {
  readonly text: string;
  /** Of the whole stream. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/** A megabyte holds any compiler's complaints and any test's log, and eight copies' worth of it any memory. */
export const defaultOutputBytes = 1 << 20;

/** Of a stream that had nothing, or went elsewhere. */
export const noOutput: KeptOutput = { text: '', bytes: 0, truncated: false };

export interface OutputKeeper {
  readonly take: (chunk: Uint8Array) => undefined;
  readonly kept: () => KeptOutput;
}

/**
 * Keeps a stream as text, in `limit` bytes of memory however long it is: of a longer one its
 * first half and its last, each cut between two characters of UTF-8.
 */
export function keepOutput(limit = defaultOutputBytes): OutputKeeper {
  const headBytes = Math.ceil(limit / 2);
  const head: Uint8Array[] = [];
  let headLength = 0;
  const tail = createRing(limit - headBytes);
  return {
    take: (chunk) => {
      const first = chunk.subarray(0, headBytes - headLength);
      // A copy: a piece would hold the whole of a larger buffer.
      if (first.length > 0) head.push(Uint8Array.from(first));
      headLength += first.length;
      tail.add(chunk.subarray(first.length));
    },
    kept: () => {
      const start = Buffer.concat(head);
      const end = tail.bytes();
      const bytes = headLength + tail.length();
      if (bytes <= limit) {
        return { text: Buffer.concat([start, end]).toString(), bytes, truncated: false };
      }
      const [before, after] = [withoutPartAtEnd(start), withoutPartAtStart(end)];
      const missing = bytes - before.length - after.length;
      const text = `${before.toString()}\n[utopia left out ${missing} bytes here]\n${after.toString()}`;
      return { text, bytes, truncated: true };
    },
  };
}

/** The last bytes of a stream, in memory that grows to `size` and no further. */
function createRing(size: number): {
  readonly add: (chunk: Uint8Array) => void;
  readonly bytes: () => Buffer;
  readonly length: () => number;
} {
  let ring = Buffer.alloc(0);
  let total = 0;
  return {
    add: (chunk) => {
      const last = chunk.subarray(Math.max(0, chunk.length - size));
      const wanted = Math.min(size, total + chunk.length);
      if (wanted > ring.length) {
        // Not full yet: what there is begins at 0.
        const larger = Buffer.alloc(Math.min(size, Math.max(wanted, ring.length * 2)));
        ring.copy(larger, 0, 0, total);
        ring = larger;
      }
      let at = total + chunk.length - last.length;
      for (let done = 0; done < last.length;) {
        const room = size - (at % size);
        const piece = last.subarray(done, done + room);
        ring.set(piece, at % size);
        done += piece.length;
        at += piece.length;
      }
      total += chunk.length;
    },
    bytes: () => {
      if (total <= size) return ring.subarray(0, total);
      return Buffer.concat([ring.subarray(total % size), ring.subarray(0, total % size)]);
    },
    length: () => total,
  };
}

/** A character of UTF-8 has at most four bytes: one that leads, and three that follow it. */
const mostFollowers = 3;
const follows = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function withoutPartAtStart(bytes: Buffer): Buffer {
  let at = 0;
  while (at < mostFollowers && follows(bytes[at])) at += 1;
  return bytes.subarray(at);
}

function withoutPartAtEnd(bytes: Buffer): Buffer {
  let at = bytes.length - 1;
  while (at > bytes.length - 1 - mostFollowers && follows(bytes[at])) at -= 1;
  const lead = bytes[at] ?? 0;
  const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at + wanted > bytes.length ? bytes.subarray(0, Math.max(0, at)) : bytes;
}
