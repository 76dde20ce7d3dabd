import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { endianness } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';

/** An address of the host's loopback, and a TCP port. */
export interface GateAddress {
  readonly host: string;
  readonly port: number;
}

/** What QEMU does for a private connection. The caller makes it of the machine's monitor. */
export interface Gate {
  /** Has the guest stand still; gives what lets it go on. One that stands still already stays so. */
  freeze(): Promise<() => Promise<void>>;
  /** Listens there for the guest's port 22. Rejects with `port-busy`. */
  open(address: GateAddress): Promise<void>;
  /** Stops listening; connections that were accepted go on. */
  close(address: GateAddress): Promise<void>;
  /** How many connections QEMU has accepted there and still holds. */
  countAccepted(address: GateAddress): Promise<number>;
}

/** Gives a new connection to the guest's port 22, paused: nothing of it has been read. */
export type Dial = (signal: AbortSignal) => Promise<Socket>;

/** The kernel's table of TCP sockets (Documentation/networking/proc_net_tcp.rst). */
const tcpTable = '/proc/net/tcp';
/** QEMU accepts within milliseconds; one that is swapped out needs longer. */
const acceptMs = 5_000;
const lookMs = 2;
/** Addresses to try: one is taken only where somebody listens on that port on all addresses. */
const mostAddresses = 20;
/** An attempt that QEMU did not accept in time is made again so often. */
const mostAttempts = 3;

/**
 * Connects to the guest's SSH in such a way that no other user of this host can: while
 * the guest stands still, QEMU listens on a random address for the few milliseconds in which we
 * connect; then it listens no more, and the guest goes on once it is certain that ours is
 * the only connection. Somebody who was quick enough to connect, too, has
 * exchanged not a byte with the guest by then. Throws `guest-exposed` in that case: the guest then still
 * stands still, has to be ended, and must not go on. Throws the signal's reason.
 */
export async function connectAlone(
  gate: Gate,
  signal: AbortSignal,
  readTable: () => Promise<string> = async () => await readFile(tcpTable, 'latin1'),
): Promise<Socket> {
  for (let left = mostAttempts; left > 0; left -= 1) {
    signal.throwIfAborted();
    const goOn = await gate.freeze();
    const socket = await connectOnce(gate, readTable);
    await goOn();
    if (socket !== undefined) return socket;
  }
  throw new UtopiaError('ssh-unavailable', 'QEMU did not accept a connection to its guest.', {
    hint: 'Is the host overloaded? Try again in a moment.',
  });
}

/** Undefined where QEMU accepted none in time. What it throws leaves the guest as it stands. */
async function connectOnce(
  gate: Gate,
  readTable: () => Promise<string>,
): Promise<Socket | undefined> {
  const address = await openAnywhere(gate);
  let socket: Socket | undefined;
  try {
    socket = await connectTo(address);
    if (socket !== undefined) await waitUntilAccepted(address, socket, readTable);
  } finally {
    await gate.close(address);
  }
  const accepted = await gate.countAccepted(address);
  // A connection that was not accepted has gone with the listener.
  const ours = socket !== undefined && isAccepted(await readTable(), address, socket);
  if (accepted === (ours ? 1 : 0)) {
    if (ours) return socket;
    socket?.destroy();
    return undefined;
  }
  socket?.destroy();
  throw new UtopiaError('guest-exposed', 'Another program connected to the guest before us.', {
    details: [
      'Its connection was open for the moment in which the guest was reached, and QEMU had paused the guest then.',
    ],
    hint: 'Another user of this host tries to get in. Try again; a warm base needs no connection: utopia image warm',
  });
}

/** Opens a listener at an address that nobody can know before. */
async function openAnywhere(gate: Gate): Promise<GateAddress> {
  for (let left = mostAddresses; ; left -= 1) {
    const address = randomAddress();
    try {
      await gate.open(address);
      return address;
    } catch (error) {
      const busy = error instanceof UtopiaError && error.code === 'port-busy';
      if (!busy || left <= 1) throw error;
    }
  }
}

/** All of 127.0.0.0/8 is this host's (RFC 1122, 3.2.1.3); ports that the kernel lets everybody bind. */
function randomAddress(): GateAddress {
  const parts = [127, randomInt(1, 255), randomInt(1, 255), randomInt(1, 255)];
  return { host: parts.join('.'), port: randomInt(1024, 65_536) };
}

/** A connection of which nothing is read; undefined when it was refused. */
async function connectTo({ host, port }: GateAddress): Promise<Socket | undefined> {
  const socket = connect({ host, port });
  // Node would read what comes, and whoever gets the connection would miss it.
  socket.pause();
  return await new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      // From here on its end is told to whoever uses it.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

async function waitUntilAccepted(
  address: GateAddress,
  socket: Socket,
  readTable: () => Promise<string>,
): Promise<void> {
  const deadline = performance.now() + acceptMs;
  while (!isAccepted(await readTable(), address, socket) && performance.now() < deadline) {
    await sleep(lookMs);
  }
}

/** Whether a program holds the other end of this connection: one that waits to be accepted has no inode. */
function isAccepted(table: string, address: GateAddress, socket: Socket): boolean {
  const { localAddress = '', localPort = 0 } = socket;
  const local = formatAddress(address);
  const remote = formatAddress({ host: localAddress, port: localPort });
  return table.split('\n').some((line) => {
    const fields = line.trim().split(/\s+/);
    const isOurs = fields[1] === local && fields[2] === remote;
    return isOurs && fields[3] !== listening && fields[9] !== '0';
  });
}

/** State LISTEN of include/net/tcp_states.h. */
const listening = '0A';

/** `0100007F:0016` for 127.0.0.1 and port 22: the kernel prints the address as a number of this machine. */
export function formatAddress({ host, port }: GateAddress): string {
  const bytes = Buffer.from(host.split('.').map(Number));
  if (bytes.length !== 4) return '';
  const number = endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
  return `${hex(number, 8)}:${hex(port, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
