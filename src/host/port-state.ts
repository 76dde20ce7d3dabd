import { createServer } from 'node:net';
import { basename } from 'node:path';
import { readdirSync, readlinkSync } from 'node:fs';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { formatAge } from '../text/local-time.ts';
import { parseAccounts } from './facts/accounts.ts';
import { parseListeners } from './facts/listeners.ts';

/** A process that listens on a port; what cannot be read of it is undefined. */
export interface PortHolder {
  readonly pid: number | undefined;
  readonly program: string | undefined;
  /** The user id that owns the socket. */
  readonly uid: number | undefined;
  /** That user's name in /etc/passwd. */
  readonly user: string | undefined;
  readonly startedAt: Date | undefined;
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
  const pid = findSocketOwner(socket.inode);
  const { uid } = socket;
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const user = accounts.find((each) => each.uid === uid)?.name;
  if (pid === undefined) return { pid, program: undefined, uid, user, startedAt: undefined };
  return { pid, program: await programOf(pid), uid, user, startedAt: await startOf(pid) };
}

/** Looks through the descriptors of every process that we may look into: thousands of them, sooner read than awaited. */
function findSocketOwner(inode: string): number | undefined {
  const wanted = `socket:[${inode}]`;
  const holds = (pid: string): boolean => {
    const folder = `/proc/${pid}/fd`;
    try {
      return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === wanted);
    } catch {
      // Another user's, or gone meanwhile.
      return false;
    }
  };
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name));
  return pid === undefined ? undefined : Number(pid);
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

/** Ticks a second in /proc, whatever the kernel's own clock (proc_pid_stat(5)). */
const ticksPerSecond = 100;

/** When a process started: field 22 of its stat, in ticks since the boot that /proc/stat dates. */
async function startOf(pid: number): Promise<Date | undefined> {
  const [own, all] = await Promise.all(
    [`/proc/${pid}/stat`, '/proc/stat'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  // The name in parentheses may have blanks; field 3 stands behind it.
  const ticks = Number(own?.slice(own.lastIndexOf(')') + 2).split(' ')[19]);
  const bootedAt = Number(/^btime (\d+)$/m.exec(all ?? '')?.[1]);
  const seconds = bootedAt + ticks / ticksPerSecond;
  return Number.isFinite(seconds) ? new Date(seconds * 1000) : undefined;
}

/** Who holds a port, as far as it may be known: `python3, pid 4127 of alice, started 3 h ago`. */
export function describeHolder(holder: PortHolder | undefined, now: Date): string {
  const { pid, program, uid, user, startedAt } = holder ?? {};
  const owner = user ?? (uid === undefined ? undefined : `user id ${uid}`);
  if (pid !== undefined) {
    const age = startedAt === undefined ? '' : `, started ${formatAge(now, startedAt)}`;
    const whose = owner === undefined ? '' : ` of ${owner}`;
    return `${program ?? 'a process'}, pid ${pid}${whose}${age}`;
  }
  if (owner !== undefined) return `a process of ${owner} that you may not look into`;
  return 'a process that cannot be seen from here (another container or network namespace)';
}

/** Whether a process listens on a port of this host, and who does in its place. */
export type PortOwnership =
  | { readonly kind: 'own' }
  /** Its descriptors cannot be read. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign'; readonly holder: PortHolder };

/** Looks who listens where a connection to `host` (an IPv4 address) and `port` would arrive. */
export async function findPortOwner(
  pid: number,
  host: string,
  port: number,
): Promise<PortOwnership> {
  const folder = `/proc/${pid}/fd`;
  const [table, descriptors] = await Promise.all([
    readFile('/proc/net/tcp', 'utf8').catch(() => undefined),
    readdir(folder).catch(() => undefined),
  ]);
  if (table === undefined || descriptors === undefined) return { kind: 'unknown' };
  const sockets = parseListeners(table)
    .filter((each) => each.port === port && (each.address === 'any' || each.ipv4 === host))
    .map(({ inode }) => `socket:[${inode}]`);
  const links = await Promise.all(
    descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  if (links.some((link) => sockets.includes(link))) return { kind: 'own' };
  const holder = await findHolder(port);
  return holder === undefined ? { kind: 'nobody' } : { kind: 'foreign', holder };
}
