import { readFile, rename, writeFile } from 'node:fs/promises';
import type { MachinePaths } from './paths.ts';
import type { MachinePlan } from './plan.ts';
import type { KnownMachine } from './registry.ts';

/** Ports that `auto` has chosen for a machine; it asks for them again at its next start. */
export interface KeptPorts {
  readonly ssh?: number;
  /** Display N is TCP port 5900 + N. */
  readonly vncDisplay?: number;
}

/** VNC's display 0 is TCP port 5900 (RFC 6143). */
export const vncBasePort = 5900;

/** What `auto` chose the last time; nothing when it never did, or when the note is unreadable. */
export async function readKeptPorts(paths: Pick<MachinePaths, 'portsFile'>): Promise<KeptPorts> {
  try {
    const { ssh, vncDisplay } = JSON.parse(await readFile(paths.portsFile, 'utf8')) as KeptPorts;
    return {
      ...(Number.isInteger(ssh) ? { ssh } : {}),
      ...(Number.isInteger(vncDisplay) ? { vncDisplay } : {}),
    };
  } catch {
    return {};
  }
}

export async function writeKeptPorts(paths: MachinePaths, ports: KeptPorts): Promise<void> {
  const draft = `${paths.portsFile}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
  await rename(draft, paths.portsFile);
}

/** Every TCP port of the host that a machine listens on. */
export function portsOfPlan({ ssh, vnc, forwards }: MachinePlan): number[] {
  return [
    ssh.port,
    ...(vnc !== undefined && 'display' in vnc ? [vncBasePort + vnc.display] : []),
    // Not in the state of a machine that an older utopia started.
    ...((forwards as MachinePlan['forwards'] | undefined) ?? [])
      .filter(({ protocol }) => protocol === 'tcp')
      .map(({ hostPort }) => hostPort),
  ];
}

/**
 * Ports that other machines of this user have, or had and will want again: `auto`
 * leaves them alone, also while those machines are off.
 */
export async function portsOfOthers(
  machines: readonly KnownMachine[],
  self: MachinePaths,
): Promise<ReadonlySet<number>> {
  const ports = new Set<number>();
  for (const { paths, state } of machines) {
    if (paths.id === self.id) continue;
    const { ssh, vncDisplay } = await readKeptPorts(paths);
    const screen = vncDisplay === undefined ? undefined : vncBasePort + vncDisplay;
    for (const port of [ssh, screen, ...(state === undefined ? [] : portsOfPlan(state.plan))]) {
      if (port !== undefined) ports.add(port);
    }
  }
  return ports;
}
