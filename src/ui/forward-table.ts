import type { PortForward } from '../config/machine-config.ts';
import { layOutTable } from './table.ts';

/** An open port of the host. */
export interface ListedForward extends PortForward {
  /** The configuration has it, so that the next start opens it again. */
  readonly kept: boolean;
}

/** The open ports of a running machine as a table, a line each. */
export function forwardTable(listed: readonly ListedForward[], width: number): string[] {
  const rows = listed.map(({ protocol, host, hostPort, guestPort, kept: isKept }) => [
    `${host}:${hostPort}`,
    String(guestPort),
    protocol,
    guestPort === 22 ? 'SSH' : isKept ? 'UTOPIA_FORWARDS' : 'until the machine is off',
  ]);
  const head = ['HOST', 'GUEST', 'KIND', 'KEPT'];
  return layOutTable([head, ...rows], width);
}
