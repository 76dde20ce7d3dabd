import type { Writable } from 'node:stream';
import type { TakeOutput } from '../../guest/agent.ts';

/** Passes output on: a slow reader slows the guest's command, and does not fill our memory. */
export function takeInto(stream: Writable): TakeOutput {
  return (chunk) => {
    if (stream.destroyed || stream.write(chunk)) return undefined;
    return new Promise((resolve) => {
      stream
        .once('drain', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
  };
}

/** Keeps output as text. */
export function collect(): { readonly take: TakeOutput; readonly text: () => string } {
  const chunks: Buffer[] = [];
  return {
    take: (chunk) => void chunks.push(chunk),
    text: () => Buffer.concat(chunks).toString(),
  };
}
