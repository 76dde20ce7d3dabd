import { clip } from './bounds.ts';
import { Refusal } from './setting.ts';
import type { PortForward } from './machine-config.ts';
import { isIPv4, readCount } from './values.ts';

const example = 'Write HOST_PORT:GUEST_PORT, as in 8080:80, 35001:35001/udp or 0.0.0.0:8080:80.';

/** `8080:80`, `127.0.0.1:8080:80`, `5353:53/udp`: a port of the host that leads into the guest. */
export function readForward(text: string): PortForward | Refusal {
  const match = /^(?:([^:]*):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) return new Refusal('is not a forward', example);
  const [, address = '127.0.0.1', from = '', to = '', protocol = 'tcp'] = match;
  const host = address === 'localhost' ? '127.0.0.1' : address === '' ? '0.0.0.0' : address;
  if (!isIPv4(host)) return new Refusal('has an address that is not IPv4', example);
  const hostPort = readCount(1024, 65_535)(from);
  const guestPort = readCount(1, 65_535)(to);
  if (hostPort instanceof Refusal) {
    return new Refusal(`has a port of the host that ${hostPort.message}`, example);
  }
  if (guestPort instanceof Refusal) {
    return new Refusal(`has a port of the guest that ${guestPort.message}`, example);
  }
  if (guestPort === 22 && !host.startsWith('127.')) {
    return new Refusal(
      "would open the guest's SSH to the network behind utopia's back",
      'UTOPIA_SSH_INTERFACE is for that.',
    );
  }
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', host, hostPort, guestPort };
}

/** More than any lab needs; each is compared with all others, and QEMU listens on each. */
const mostForwards = 128;

/** Forwards with blanks or commas between them; the same port of the host only once. */
export function readForwards(text: string): PortForward[] | Refusal {
  const forwards: PortForward[] = [];
  const words = text.split(/[\s,]+/).filter((part) => part !== '');
  if (words.length > mostForwards) {
    return new Refusal(`names ${words.length} forwards; a machine takes ${mostForwards}`);
  }
  for (const word of words) {
    const forward = readForward(word);
    if (forward instanceof Refusal) {
      return new Refusal(`has "${clip(word)}", which ${forward.message}`, forward.hint);
    }
    if (forwards.some((other) => collide(other, forward))) {
      return new Refusal(`names port ${forward.hostPort} of the host twice`, example);
    }
    forwards.push(forward);
  }
  return forwards;
}

/** Whether two forwards want the same port of the host. */
export function collide(a: PortForward, b: PortForward): boolean {
  const sameAddress = a.host === b.host || a.host === '0.0.0.0' || b.host === '0.0.0.0';
  return a.hostPort === b.hostPort && a.protocol === b.protocol && sameAddress;
}

/** A forward as it would be written: the address only where it is not 127.0.0.1. */
export function formatForward({ protocol, host, hostPort, guestPort }: PortForward): string {
  const address = host === '127.0.0.1' ? '' : `${host}:`;
  return `${address}${hostPort}:${guestPort}${protocol === 'udp' ? '/udp' : ''}`;
}
