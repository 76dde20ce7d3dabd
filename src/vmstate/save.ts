import { open, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { draftPath, syncFolder } from '../system/atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { isOutOfRoom, reasonOf } from '../system/out-of-space.ts';
import type { QmpClient } from '../qmp/client.ts';
import { cancelMigration, prepareMigration, watchMigration } from './migration.ts';

export interface SaveOptions {
  /** Where the state goes, an absolute path. An existing file is replaced when the new one is whole. */
  readonly file: string;
  /** A socket's name in a private folder of the user, at most 107 bytes, that nobody uses. */
  readonly socketPath: string;
  /** The memory lies in a file of its own, and stays out of the state. */
  readonly memoryApart?: boolean | undefined;
  /** Ends the saving: the draft goes, the machine stays stopped. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes written so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What was saved. */
export interface SavedState {
  readonly bytes: number;
  readonly elapsedMs: number;
}

/**
 * Saves memory and devices of a machine into a file, through a socket that we
 * listen on: `exec:` would start a process, for which QEMU's sandbox kills it. The
 * machine is stopped first and stays so, its disks flushed, whatever comes of it:
 * then `quit`, or `cont`, is the caller's. The file has its name only when all of it is on the
 * disk. Throws `disk-full`, `cannot-create`, `qemu-failed` (a share that is mounted among the
 * reasons), and the signal's reason.
 */
export async function saveState(qmp: QmpClient, options: SaveOptions): Promise<SavedState> {
  const { file, socketPath, signal } = options;
  const startedAt = performance.now();
  const draft = draftPath(file);
  signal?.throwIfAborted();
  await prepareMigration(qmp, options.memoryApart);
  await qmp.execute('stop');
  const server = await listen(socketPath);
  const watch = watchMigration(qmp, 'saving its state');
  try {
    const connection = nextConnection(server, signal);
    const receiving = receive(connection, draft, options);
    // Reported by whichever is the cause; where the draft cannot be made, nobody awaits the connection.
    for (const part of [connection, receiving]) part.catch(() => {});
    await qmp.execute('migrate', { uri: `unix:${socketPath}` });
    const bytes = await Promise.all([receiving, watch.ended]).then(
      ([received]) => received,
      async (failure: unknown) => {
        await cancelMigration(qmp);
        throw await firstCause(receiving, failure);
      },
    );
    await rename(draft, file);
    await syncFolder(dirname(file));
    return { bytes, elapsedMs: Math.round(performance.now() - startedAt) };
  } catch (error) {
    signal?.throwIfAborted();
    throw describeFailure(error, file);
  } finally {
    watch.stop();
    server.close();
    await rm(draft, { force: true });
  }
}

async function listen(socketPath: string): Promise<Server> {
  await rm(socketPath, { force: true });
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return server;
}

/** The first connection, which comes as soon as QEMU is asked: somebody must listen before. */
async function nextConnection(server: Server, signal: AbortSignal | undefined): Promise<Socket> {
  return await new Promise<Socket>((resolve, reject) => {
    server.once('connection', resolve);
    server.once('close', () => reject(new Error('QEMU did not connect')));
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Writes all that a connection brings into the draft, and then to the disk. */
async function receive(
  connection: Promise<Socket>,
  draft: string,
  { signal, onProgress }: SaveOptions,
): Promise<number> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    const socket = await connection;
    let bytes = 0;
    // Not a WriteStream: one that fails closes the descriptor behind the handle's back.
    const write = async (source: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of source) {
        await handle.writeFile(chunk);
        bytes += chunk.length;
        onProgress?.(bytes);
      }
    };
    await pipeline(socket, write, signal === undefined ? {} : { signal });
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

/** A full disk breaks QEMU's connection; the disk is the cause, not the connection. */
async function firstCause(receiving: Promise<number>, failure: unknown): Promise<unknown> {
  return await receiving.then(
    () => failure,
    (cause: unknown) => (isSystemError(cause) ? cause : failure),
  );
}

function isSystemError(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^E[A-Z0-9]+$/.test(code);
}

function describeFailure(error: unknown, file: string): unknown {
  if (error instanceof UtopiaError || !isSystemError(error)) return error;
  const full = isOutOfRoom(error);
  return new UtopiaError(
    full ? 'disk-full' : 'cannot-create',
    full
      ? `No room for the machine's state in ${dirname(file)}.`
      : `Cannot write ${file}: ${reasonOf(error)}`,
    { hint: full ? 'Free some space there.' : 'Look at the modes of its folder.', cause: error },
  );
}
