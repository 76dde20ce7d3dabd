import { connect } from 'node:net';
import { createKeyReader, watchModes } from './console-keys.ts';

/** The user's terminal, as far as a console needs it. */
export interface ConsoleTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** How a visit at the console ended: by the user, by a signal, or because QEMU closed it. */
export type ConsoleEnd = 'left' | 'interrupted' | 'closed';

/** What Ctrl-] shows. */
const menu = '\r\n[utopia: q leaves, s sends the size of this terminal, Ctrl-] sends Ctrl-]]\r\n';

/**
 * Joins a terminal, in raw mode, with the socket of a serial console until the user
 * leaves. Whatever happens, the terminal is put back as it was. Rejects when the
 * socket cannot be reached.
 */
export async function joinConsole(
  terminal: ConsoleTerminal,
  socketPath: string,
  signal: AbortSignal,
): Promise<ConsoleEnd> {
  const { stdin, stdout } = terminal;
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const readKeys = createKeyReader();
  const modes = watchModes();
  return await new Promise<ConsoleEnd>((resolve) => {
    const end = (how: ConsoleEnd): void => {
      signal.removeEventListener('abort', interrupt);
      stdin.off('data', type);
      stdin.off('end', leave);
      stdin.setRawMode(false);
      stdin.pause();
      socket.destroy();
      stdout.write(`${modes.restore()}\r\n`);
      resolve(how);
    };
    const interrupt = (): void => end('interrupted');
    const leave = (): void => end('left');
    const type = (chunk: Buffer): void => {
      const { send, actions } = readKeys(chunk);
      if (send.length > 0) socket.write(send);
      for (const action of actions) {
        if (action === 'leave') return leave();
        if (action === 'menu') stdout.write(menu);
        else socket.write(` stty rows ${stdout.rows} cols ${stdout.columns}\r`);
      }
    };
    socket.on('data', (chunk) => {
      modes.see(chunk);
      stdout.write(chunk);
    });
    socket.once('close', () => end('closed'));
    // A broken socket also closes.
    socket.on('error', () => {});
    if (signal.aborted) return end('interrupted');
    signal.addEventListener('abort', interrupt, { once: true });
    stdin.setRawMode(true);
    stdin.on('data', type);
    stdin.once('end', leave);
    stdin.resume();
  });
}
