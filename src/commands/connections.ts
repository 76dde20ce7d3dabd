import type { Environment } from '../context.ts';
import { sshFiles } from '../guest/ssh-key.ts';
import { describePeople, type People } from '../host/facts/people.ts';
import type { MachinePaths } from '../machine/paths.ts';
import { readImageRecord } from '../image/image-record.ts';
import { isSshOpen, type MachineState } from '../machine/state.ts';
import type { Connections } from '../ui/card.ts';
import { describeTrouble, shareReach, writersOf } from './share-access.ts';

/** Whether the image of the machine has X2Go's server, as far as its record says. */
async function hasX2Go(image: string): Promise<boolean> {
  const record = await readImageRecord(image);
  return record?.profile === 'desktop' || record?.include?.includes('x2goserver') === true;
}

/** A terminal that ends with its SSH session; tmux and screen hold theirs. */
function isRemote(env: Environment): boolean {
  const isSsh = env['SSH_CONNECTION'] !== undefined || env['SSH_TTY'] !== undefined;
  return isSsh && env['TMUX'] === undefined && env['STY'] === undefined;
}

/** What the connection card of a running machine shows. `foreground`: an `up` watches it. */
export async function connectionsOf(
  { ssh, exposed, plan, sshOpen, keyOnly, backingFile, ...state }: MachineState,
  { consoleLog, sshDir }: MachinePaths,
  people: People,
  foreground: boolean,
  env: Environment,
): Promise<Connections> {
  return {
    ssh,
    exposed,
    closed: !isSshOpen({ plan, sshOpen }),
    keyFile: keyOnly === true ? sshFiles(sshDir).identityFile : undefined,
    vnc: plan.vnc,
    sharedDir: plan.sharedDir,
    shareReach: people.kind === 'others' ? shareReach(plan.sharedDir) : 'none',
    shareTrouble: describeTrouble(await writersOf({ plan, ...state })),
    disks: plan.disks,
    sensors: plan.sensorPort,
    isolated: plan.isolated,
    others: people.kind === 'others' ? describePeople(people) : undefined,
    consoleLog,
    foreground,
    remote: isRemote(env),
    x2go: await hasX2Go(backingFile),
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
