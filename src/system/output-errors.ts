import { UtopiaError } from '../errors.ts';
import { isOutOfRoom } from './out-of-space.ts';

/** What kept a command's own output from being written; undefined while all is well. */
export interface OutputTrouble {
  /**
   * Waits until what was written is out; then gives what is to be reported, if anything.
   * A reader that went away (`utopia config | head -1`) is no error of ours.
   */
  settle(): Promise<UtopiaError | undefined>;
}

/** Listens to a process's output streams, whose errors would else end it as a bug. */
export function watchOutput(streams: readonly NodeJS.WriteStream[]): OutputTrouble {
  let first: NodeJS.ErrnoException | undefined;
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') first ??= error;
    });
  }
  return {
    settle: async () => {
      await Promise.all(streams.map(flush));
      return first === undefined ? undefined : explain(first);
    },
  };
}

/** Waits until a stream has passed on, or lost, all that was written to it. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0 && !stream.destroyed) {
    await new Promise<void>((resolve) => void stream.write('', () => resolve()));
  }
  // The error of a write that failed at once is told a moment later.
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

function explain(error: NodeJS.ErrnoException): UtopiaError {
  const full = isOutOfRoom(error);
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    `The output could not be written: ${full ? 'no space is left where it goes' : (error.code ?? error.message)}.`,
    {
      hint: full
        ? 'df -h . shows what is full. Make room, or send the output elsewhere.'
        : 'Send the output elsewhere.',
      cause: error,
    },
  );
}
