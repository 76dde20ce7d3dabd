/** A TCP socket that waits for connections. */
export interface Listener {
  /** `any` and `loopback` are what matters; everything else is `other`. */
  readonly address: 'any' | 'loopback' | 'other';
  /** The address as dotted IPv4, where it is one. */
  readonly ipv4: string | undefined;
  readonly ipv6: boolean;
  readonly port: number;
  readonly uid: number;
  readonly inode: string;
}

/** Sockets in state 0A (LISTEN) of /proc/net/tcp or tcp6 (proc_net_tcp.txt of the kernel). */
export function parseListeners(text: string): Listener[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && /^[\dA-Fa-f]+:[\dA-Fa-f]{4}$/.test(fields[1] ?? ''))
    .map((fields) => {
      const [host = '', port = ''] = (fields[1] ?? '').split(':');
      return {
        ...readAddress(host),
        port: Number.parseInt(port, 16),
        uid: Number(fields[7]),
        inode: fields[9] ?? '',
      };
    });
}

function readAddress(hex: string): Pick<Listener, 'address' | 'ipv4' | 'ipv6'> {
  const upper = hex.toUpperCase();
  if (upper.length === 8) return { ...kindOf(dotted(upper)), ipv6: false };
  if (/^0+$/.test(upper)) return { address: 'any', ipv4: undefined, ipv6: true };
  if (upper === '00000000000000000000000001000000') {
    return { address: 'loopback', ipv4: undefined, ipv6: true };
  }
  // ::ffff:a.b.c.d is an IPv4 address held through an IPv6 socket.
  if (upper.startsWith('0000000000000000FFFF0000')) {
    return { ...kindOf(dotted(upper.slice(24))), ipv6: true };
  }
  return { address: 'other', ipv4: undefined, ipv6: true };
}

/** The kernel prints the four bytes as a number of this (little-endian) machine. */
function dotted(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

function kindOf(ipv4: string): Pick<Listener, 'address' | 'ipv4'> {
  const address = ipv4 === '0.0.0.0' ? 'any' : ipv4.startsWith('127.') ? 'loopback' : 'other';
  return { address, ipv4 };
}

/**
 * The listener that keeps `host` (an IPv4 address) and `port` from being bound.
 * An IPv6 socket on :: takes IPv4 as well, unless it was made otherwise.
 */
export function findConflict(
  listeners: readonly Listener[],
  host: string,
  port: number,
): Listener | undefined {
  return listeners.find(
    (each) =>
      each.port === port &&
      (each.address === 'any' ||
        each.ipv4 === host ||
        (host === '0.0.0.0' && each.ipv4 !== undefined)),
  );
}
