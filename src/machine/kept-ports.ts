import { rename, writeFile } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import { pathsOfId, type MachinePaths } from './paths.ts';
import type { MachinePlan } from './plan.ts';
import { machineIds } from './registry.ts';
import { readState } from './state.ts';
import { readKnown } from '../system/json-file.ts';
import { aCount, aPort, maybe, object } from '../text/shape.ts';

/** Ports that `auto` has chosen for a machine; it asks for them again at its next start. */
export interface KeptPorts {
  readonly ssh?: number | undefined;
  /** Display N is TCP port 5900 + N. */
  readonly vncDisplay?: number | undefined;
}

/** VNC's display 0 is TCP port 5900 (RFC 6143). */
export const vncBasePort = 5900;

/** What `auto` chose the last time; nothing when it never did, or when the note is unreadable. */
export async function readKeptPorts(paths: Pick<MachinePaths, 'portsFile'>): Promise<KeptPorts> {
  return (await readKnown(paths.portsFile, portsShape)) ?? {};
}

/** Without it others are chosen: the note of a damaged one is not missed. */
const portsShape = object({ ssh: maybe(aPort), vncDisplay: maybe(aCount) });

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
    ...forwards.filter(({ protocol }) => protocol === 'tcp').map(({ hostPort }) => hostPort),
  ];
}

/**
 * Ports that other machines of this user have, or had and will want again: `auto`
 * leaves them alone, also while those machines are off. A machine that is just
 * being started for the first time has written down only these.
 */
export async function portsOfOthers(
  env: Environment,
  uid: number,
  self: Pick<MachinePaths, 'id'>,
): Promise<ReadonlySet<number>> {
  const others = (await machineIds(env)).filter((id) => id !== self.id);
  const ports = others.map(async (id) => {
    const paths = pathsOfId(id, env, uid);
    const [{ ssh, vncDisplay }, state] = await Promise.all([
      readKeptPorts(paths),
      readState(paths),
    ]);
    const screen = vncDisplay === undefined ? undefined : vncBasePort + vncDisplay;
    return [ssh, screen, ...(state === undefined ? [] : portsOfPlan(state.plan))];
  });
  return new Set((await Promise.all(ports)).flat().filter((port) => port !== undefined));
}
