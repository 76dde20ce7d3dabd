import { connect, type Socket } from 'node:net';

/** A frame that nobody takes for so long is withdrawn, and QEMU forgets what it has not passed on. */
const giveUpMs = 5_000;

/** What becomes of a frame: the guest has taken it, nobody reads there, or QEMU does not listen. */
export type FrameFate = 'taken' | 'unread' | 'unreachable';

/**
 * Writes a frame to QEMU's socket at `path`, over a connection of its own that is closed behind it,
 * and waits until the guest has taken it, for five seconds at most.
 */
export async function writeFrame(
  path: string,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<FrameFate> {
  return await new Promise((resolve) => {
    const socket: Socket = connect({ path, allowHalfOpen: true });
    let fate: FrameFate = 'unreachable';
    const timer = setTimeout(() => socket.destroy(), giveUpMs);
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    socket.once('connect', () => {
      fate = 'unread';
      // Half of the connection is closed; QEMU closes the other when it has read to the end.
      socket.end(bytes);
    });
    socket.once('end', () => {
      fate = 'taken';
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(fate);
    });
    // What the guest writes is of no interest, but must not be in the way of the end.
    socket.resume();
  });
}
