import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../environment.ts';
import type { GuestAccess } from './guest-access.ts';
import type { SshProcess } from './ssh-program.ts';

/** What a shared connection belongs to. */
export interface Sharing {
  /** Folder of the user's alone, of this machine only. */
  readonly runtimeDir: string;
  readonly login: string;
  /** A text that is another one after every start of QEMU and every reset of its guest. */
  readonly bootMark: string;
}

const prefix = 'ctl-';
/** sun_path has 108 bytes with its final NUL (unix(7)). */
const longestSocketPath = 107;
/** `-abcd`: our own first name of a socket. */
const draftLength = 5;
/** ssh binds PATH, a dot and 16 random characters first (mux.c, muxserver_listen). */
const sshDraftLength = 17;

/**
 * Where the connection of this account in this boot of the machine is shared;
 * undefined where the path would be too long for a socket: then nothing is shared.
 * The boot is part of the name, so no connection ever serves another machine.
 */
export function sharedSocket({ runtimeDir, login, bootMark }: Sharing): string | undefined {
  const path = join(runtimeDir, `${bootPrefix(bootMark)}${digest(login, 4)}`);
  const length = Buffer.byteLength(path) + draftLength + sshDraftLength;
  return length <= longestSocketPath ? path : undefined;
}

function bootPrefix(bootMark: string): string {
  return `${prefix}${digest(bootMark, 8)}-`;
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Whether an ssh listens there. Costs less than a millisecond, and the guest nothing. */
export async function isServed(socket: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const client = connect(socket);
    client.once('connect', () => resolve(true)).once('error', () => resolve(false));
    client.once('connect', () => client.destroy());
  });
}

/** A name for a connection that is not open yet; `publishShared` gives it its own. */
export function draftSocket(socket: string): string {
  return `${socket}-${randomBytes(2).toString('hex')}`;
}

/**
 * Makes an open connection the shared one. Where another utopia was faster, its
 * connection stays and this one is closed.
 */
export async function publishShared(
  draft: string,
  socket: string,
  env: Environment,
): Promise<boolean> {
  try {
    // What a killed ssh left would be in the way.
    if (!(await isServed(socket))) await rm(socket, { force: true });
    await link(draft, socket);
    return true;
  } catch {
    await closeConnection(draft, env);
    return await isServed(socket);
  } finally {
    await rm(draft, { force: true });
  }
}

/** QEMU's end closes a connection; its ssh needs a moment to notice. */
const noticeMs = 300;
const lookMs = 20;

/**
 * Ends every shared connection of a machine, and takes away what killed ones
 * left; with `bootMark` only those of other boots. Does nothing where there is none.
 */
export async function closeShared(
  runtimeDir: string,
  env: Environment,
  bootMark?: string,
): Promise<void> {
  const kept = bootMark === undefined ? undefined : bootPrefix(bootMark);
  const others = (await findShared(runtimeDir)).filter(
    (socket) => kept === undefined || !basename(socket).startsWith(kept),
  );
  await closeAll(others, env, kept === undefined ? noticeMs : 0);
}

/**
 * What a session over the shared connection does when its guest is gone without a
 * word: all of the machine's connections are ended at once. Their ssh would wait for
 * minutes, and holds the output of each session open, so that who reads that waits too.
 */
export function lossOf({
  watchLoss,
  runtimeDir,
  env,
}: Pick<GuestAccess, 'watchLoss' | 'runtimeDir' | 'env'>): Pick<
  SshProcess,
  'watchLoss' | 'afterLoss'
> {
  return { watchLoss, afterLoss: async () => await closeAll(await findShared(runtimeDir), env, 0) };
}

/** Paths of the sockets, also of those that nobody serves any more. */
async function findShared(runtimeDir: string): Promise<string[]> {
  const names = await readdir(runtimeDir).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(runtimeDir, name));
}

/** Ends these connections, those that do not end by themselves in `graceMs`, and removes their sockets. */
async function closeAll(
  sockets: readonly string[],
  env: Environment,
  graceMs: number,
): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      const ended = graceMs > 0 && (await waitUntilUnserved(socket, graceMs));
      if (!ended) await closeConnection(socket, env);
      await rm(socket, { force: true });
    }),
  );
}

async function closeConnection(socket: string, env: Environment): Promise<void> {
  if (!(await isServed(socket))) return;
  // Not for every command that finds nothing to close.
  const { execa } = await import('execa');
  const argv = ['-F', '/dev/null', '-O', 'exit', '-S', socket, 'guest'];
  const options = { env, extendEnv: false, reject: false, timeout: 2_000 } as const;
  await execa('ssh', argv, { ...options, stdio: 'ignore' });
  await waitUntilUnserved(socket, 1_000);
}

async function waitUntilUnserved(socket: string, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await isServed(socket)) {
    if (performance.now() > deadline) return false;
    await sleep(lookMs);
  }
  return true;
}
