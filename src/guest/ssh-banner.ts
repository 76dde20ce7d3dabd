import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dial } from './private-connection.ts';

export interface BannerOptions {
  /** Address to connect to; 127.0.0.1 for a port that is bound to every address. */
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
  /** For connection and banner together; default 4000 ms, longer when waiting takes long. */
  readonly timeoutMs?: number | undefined;
}

/** RFC 4253, 4.2: the version line has at most 255 characters; other lines may stand before it. */
const longestPreamble = 4096;

/**
 * The guest's SSH version line (`SSH-2.0-OpenSSH_9.2p1 …`), or undefined while
 * nobody answers. A connection that is accepted proves nothing: QEMU's user
 * networking accepts for a guest that is not listening. Rejects only with the
 * signal's reason.
 */
export async function readSshBanner(options: BannerOptions): Promise<string | undefined> {
  const { host, port, signal, timeoutMs = 4_000 } = options;
  signal?.throwIfAborted();
  return await readBannerFrom(connect({ host, port }), { signal, timeoutMs });
}

/** The version line that comes on this connection; undefined when it ends without one. Ends it. */
export async function readBannerFrom(
  socket: Socket,
  { signal, timeoutMs = 4_000 }: Pick<BannerOptions, 'signal' | 'timeoutMs'>,
): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const settle = (banner: string | undefined): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(banner);
    };
    const abort = (): void => {
      settle(undefined);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => settle(undefined), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const banner = findBanner(text);
      if (banner !== undefined) settle(banner);
      else if (text.length > longestPreamble) settle(undefined);
    });
    socket.on('error', () => settle(undefined));
    socket.on('close', () => settle(undefined));
    socket.resume();
  });
}

/** The version line in what a server has said so far, once it is whole. */
export function findBanner(text: string): string | undefined {
  return /^(SSH-[\x20-\x7e]+)\r?\n/m.exec(text)?.[1];
}

/**
 * How long an attempt may wait that begins so long after the first: a sixth of it,
 * from 4 to 30 s. A guest that took minutes to boot also takes long to answer, and
 * each attempt given up costs it one more fork; on a fast one a short attempt finds
 * out sooner that the guest's network is up.
 */
export function attemptTimeoutMs(elapsedMs: number): number {
  return Math.min(30_000, Math.max(4_000, elapsedMs / 6));
}

/**
 * Asks for the banner until it comes. Each attempt stays open for a while, since
 * QEMU holds the connection until the guest listens or refuses; between attempts
 * it waits `pauseMs` (default 200). Ends only with the banner or the signal.
 */
export async function waitForSshBanner(
  options: BannerOptions & { readonly signal: AbortSignal; readonly pauseMs?: number },
): Promise<string> {
  return await askUntilAnswered(options, async (attempt) => {
    return await readSshBanner({ ...options, ...attempt });
  });
}

/** The same for a guest without a port on this host. Throws what `dial` throws. */
export async function waitForPrivateBanner(dial: Dial, signal: AbortSignal): Promise<string> {
  return await askUntilAnswered({ signal }, async (attempt) => {
    return await readBannerFrom(await dial(signal), { ...attempt, signal });
  });
}

async function askUntilAnswered(
  options: Pick<BannerOptions, 'timeoutMs'> & {
    readonly signal: AbortSignal;
    readonly pauseMs?: number;
  },
  ask: (attempt: { readonly timeoutMs: number }) => Promise<string | undefined>,
): Promise<string> {
  const { signal, pauseMs = 200 } = options;
  const start = performance.now();
  for (;;) {
    const timeoutMs = options.timeoutMs ?? attemptTimeoutMs(performance.now() - start);
    const banner = await ask({ timeoutMs });
    if (banner !== undefined) return banner;
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
