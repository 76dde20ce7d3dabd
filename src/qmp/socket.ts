import type { Socket } from 'node:net';
import { QmpConnectionError } from './qmp-errors.ts';
import { createLineSplitter } from './protocol.ts';

/** What a conversation does with what its socket brings. */
export interface SocketHandlers {
  readonly receive: (line: string) => void;
  readonly end: (error: Error) => void;
  readonly closed: () => void;
  readonly signal: AbortSignal | undefined;
}

/** Wires a socket to the conversation; gives what takes the abort listener away again. */
export function watchSocket(
  socket: Socket,
  socketPath: string,
  handlers: SocketHandlers,
): () => void {
  const split = createLineSplitter();
  const abort = (): void => handlers.end(handlers.signal?.reason as Error);
  handlers.signal?.addEventListener('abort', abort, { once: true });
  socket.on('data', (chunk) => {
    try {
      for (const line of split(chunk)) handlers.receive(line);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      handlers.end(
        new QmpConnectionError('foreign', `${socketPath} does not speak QMP.`, { cause }),
      );
    }
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    const absent = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(cause.code ?? '');
    handlers.end(
      absent
        ? new QmpConnectionError('absent', `No QEMU listens on ${socketPath}.`, { cause })
        : new QmpConnectionError('lost', `The connection to QEMU broke: ${cause.message}`, {
            cause,
          }),
    );
  });
  socket.on('close', () => {
    handlers.end(new QmpConnectionError('lost', 'QEMU closed its control socket.'));
    handlers.closed();
  });
  return () => handlers.signal?.removeEventListener('abort', abort);
}
