import type { Environment } from '../../environment.ts';
import { sshFiles } from '../../guest/ssh-key.ts';
import { describePeople, type People } from '../../host/facts/people.ts';
import type { Connections } from '../../machine/connection-facts.ts';
import { copyName } from '../../machine/copy-name.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { readImageRecord } from '../../image/image-record.ts';
import { isSshOpen, type MachineState } from '../../machine/state.ts';
import { describeTrouble } from '../../machine/share-writers.ts';
import { shareReach, writersOf } from './find-share-writers.ts';

/** X2Go's server in the machine, as far as the record of its image says. */
async function findX2Go({ backingFile, plan }: MachineState): Promise<Connections['x2go']> {
  const record = await readImageRecord(backingFile);
  const isDesktop = record?.profile === 'desktop';
  if (!isDesktop && record?.include?.includes('x2goserver') !== true) return undefined;
  return { sessionType: isDesktop ? 'ICEWM' : undefined, emulated: plan.accelerator === 'tcg' };
}

/** A terminal that ends with its SSH session; tmux and screen hold theirs. */
function isRemote(env: Environment): boolean {
  const isSsh = env['SSH_CONNECTION'] !== undefined || env['SSH_TTY'] !== undefined;
  return isSsh && env['TMUX'] === undefined && env['STY'] === undefined;
}

/** What the connection card of a running machine shows. `foreground`: an `up` watches it. */
export async function connectionsOf(
  machine: MachineState,
  paths: MachinePaths,
  people: People,
  foreground: boolean,
  env: Environment,
): Promise<Connections> {
  const { ssh, exposed, plan, sshOpen, keyOnly } = machine;
  const { consoleLog, sshDir } = paths;
  return {
    ssh,
    // What a copy's QEMU listens at, it was not told.
    copy: ssh.port === 0 ? copyName(paths) : undefined,
    exposed,
    closed: !isSshOpen({ plan, sshOpen }),
    keyFile: keyOnly === true ? sshFiles(sshDir).identityFile : undefined,
    vnc: plan.vnc,
    sharedDir: plan.sharedDir,
    shareReach: people.kind === 'others' ? shareReach(plan.sharedDir) : 'none',
    shareTrouble: describeTrouble(await writersOf(machine)),
    disks: plan.disks,
    sensors: plan.sensorPort,
    kernel: plan.kernel,
    isolated: plan.isolated,
    others: people.kind === 'others' ? describePeople(people) : undefined,
    consoleLog,
    foreground,
    remote: isRemote(env),
    x2go: await findX2Go(machine),
  };
}

/** The same for scripts: fields of `up --json` and `status --json`. */
export function reachOf(
  { plan, sshOpen, keyOnly }: MachineState,
  people: People,
): {
  readonly login: 'key' | 'password' | undefined;
  readonly sshOpen: boolean;
  readonly network: 'full' | 'none';
  readonly others: unknown;
  readonly vncBecause: unknown;
} {
  const { kind, ...others } = people;
  const open = isSshOpen({ plan, sshOpen });
  return {
    // What a guest does that was not asked yet is not known.
    login: keyOnly === true ? 'key' : open ? 'password' : undefined,
    sshOpen: open,
    network: plan.isolated === true ? 'none' : 'full',
    vncBecause: plan.vncBecause,
    others: kind === 'others' ? others : undefined,
  };
}
