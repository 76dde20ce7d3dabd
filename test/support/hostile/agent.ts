import { Duplex, Readable } from 'node:stream';
import { keepOutput } from '../../../src/system/bounded-output.ts';
import { UtopiaError } from '../../../src/errors.ts';
import { encodeFrame, type FrameType } from '../../../src/guest/agent-frames.ts';
import { greetAgent } from '../../../src/guest/agent.ts';
import type { Random } from './random.ts';
import { target } from './target.ts';

interface Conversation {
  /** What the guest sends, as it comes; the first one after the greeting. */
  readonly pieces: readonly Buffer[];
  readonly withInput: boolean;
}

const letters: readonly FrameType[] = ['R', 'O', 'T', 'A', 'Q', 'Q', 'O', 'X', 'H'];
const numbers = ['0', '1', '255', '256', '', 'abc', '-1', '1e3', '0x1', ' 1', '1\n', '99999999999'];
const keptBytes = 4_096;

function frame(random: Random): Buffer {
  const type = random.pick(letters);
  const payload = random.oneIn(3)
    ? random.bytes(random.int(random.oneIn(20) ? 70_000 : 200))
    : random.pick(numbers);
  const bytes = encodeFrame(type, payload);
  // A length that is not that of what follows.
  if (random.oneIn(10)) bytes.writeUInt32BE(random.pick([0, 1, 65_536, 65_537, 2 ** 32 - 1]), 1);
  return bytes;
}

function generate(random: Random): Conversation {
  const frames = Array.from({ length: 1 + random.int(12) }, () => frame(random));
  const all = Buffer.concat([encodeFrame('R', '1'), ...frames]);
  if (random.oneIn(6)) random.bytes(4).copy(all, random.int(all.length));
  const size = random.pick([1, 3, 700, all.length]);
  const small = all.length / size > 2_000 ? all.length : size;
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length; at += small) pieces.push(all.subarray(at, at + small));
  return { pieces, withInput: random.oneIn(3) };
}

/** Any conversation ends with a status of 0 to 255 or with the guest's refusal. */
export const agentTarget = target<Conversation>({
  id: 'agent',
  generate,
  run: async ({ pieces, withInput }) => {
    // Both ways end at once, as a socket's do.
    const stream = new Duplex({
      allowHalfOpen: false,
      read: () => {},
      write: (_chunk, _encoding, done) => done(),
    });
    const { signal } = new AbortController();
    const greeted = greetAgent(stream, { signal, timeoutMs: 60_000 });
    for (const piece of pieces) if (!stream.destroyed) stream.push(piece);
    if (!stream.destroyed) stream.push(null);
    const output = keepOutput(keptBytes);
    try {
      const agent = await greeted;
      const stdin = withInput ? Readable.from([Buffer.from('input')]) : undefined;
      const status = await agent.run('true', { stdin, stdout: output.take, stderr: output.take });
      if (!(Number.isInteger(status) && status >= 0 && status <= 255)) {
        throw new Error(`a status of ${status}`);
      }
      agent.close();
    } catch (error) {
      if (!(error instanceof UtopiaError) || error.code !== 'guest-refused') throw error;
    }
    if (output.kept().text.length > keptBytes + 100) throw new Error('more is kept than may be');
  },
});
