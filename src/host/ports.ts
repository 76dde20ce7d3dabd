import { createServer } from 'node:net';
import { basename } from 'node:path';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { parseListeners } from './facts/listeners.ts';

/** A process that listens on a port; what cannot be read of it is undefined. */
export interface PortHolder {
  readonly pid: number | undefined;
  readonly program: string | undefined;
  /** The user id that owns the socket. */
  readonly uid: number | undefined;
}

export type PortState =
  | { readonly free: true }
  | { readonly free: false; readonly code: string; readonly holder: PortHolder | undefined };

/** Tries a port as QEMU would: by binding it. `code` is the errno (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export async function probePort(host: string, port: number): Promise<PortState> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return { free: true };
  return { free: false, code, holder: code === 'EADDRINUSE' ? await findHolder(port) : undefined };
}

/** The first free port from `from` on that is not in `avoid`, looking at a hundred; undefined when all are taken. */
export async function suggestFreePort(
  host: string,
  from: number,
  avoid: ReadonlySet<number> = new Set(),
): Promise<number | undefined> {
  const last = Math.min(from + 100, 65_535);
  for (let port = from; port <= last; port += 1) {
    if (!avoid.has(port) && (await probePort(host, port)).free) return port;
  }
  return undefined;
}

async function findHolder(port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const socket = tables.flatMap(parseListeners).find((each) => each.port === port);
  if (socket === undefined) return undefined;
  const pid = await findSocketOwner(socket.inode);
  return { pid, program: pid === undefined ? undefined : await programOf(pid), uid: socket.uid };
}

/** Looks through the descriptors of every process that we may look into. */
async function findSocketOwner(inode: string): Promise<number | undefined> {
  const wanted = `socket:[${inode}]`;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`;
    for (const fd of await readdir(folder).catch(() => [])) {
      const target = await readlink(`${folder}/${fd}`).catch(() => '');
      if (target === wanted) return Number(pid);
    }
  }
  return undefined;
}

async function programOf(pid: number): Promise<string | undefined> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined);
  if (name === undefined) return undefined;
  // The kernel keeps 15 bytes of a name: the rest of `qemu-system-x86_64` is in its arguments.
  const [started = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split(
    '\0',
  );
  const whole = basename(started);
  return whole.startsWith(name.trim()) ? whole : name.trim();
}

/** When a process started, from its folder in /proc; undefined when it is gone. */
export async function processStart(pid: number): Promise<Date | undefined> {
  return await stat(`/proc/${pid}`).then(
    (folder) => folder.ctime,
    () => undefined,
  );
}

/** Who holds a port, as far as it may be known: `python3, pid 4127`. */
export function describeHolder(holder: PortHolder): string {
  if (holder.pid !== undefined) return `${holder.program ?? 'a process'}, pid ${holder.pid}`;
  if (holder.uid !== undefined) return `a process of user id ${holder.uid}`;
  return 'a process that cannot be seen from here';
}
