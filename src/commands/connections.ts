import { describePeople, type People } from '../host/facts/people.ts';
import type { MachinePaths } from '../machine/paths.ts';
import type { MachineState } from '../machine/state.ts';
import type { Connections } from '../ui/card.ts';
import { shareReach } from './share-access.ts';

/** What the connection card of a running machine shows. `foreground`: an `up` watches it. */
export function connectionsOf(
  { ssh, exposed, plan, shareClosed }: MachineState,
  { consoleLog }: MachinePaths,
  people: People,
  foreground: boolean,
): Connections {
  return {
    ssh,
    exposed,
    vnc: plan.vnc,
    sharedDir: plan.sharedDir,
    shareReach: people.kind === 'others' ? shareReach(plan.sharedDir) : 'none',
    shareClosed,
    disks: plan.disks,
    sensors: plan.sensorPort,
    isolated: plan.isolated,
    others: people.kind === 'others' ? describePeople(people) : undefined,
    consoleLog,
    foreground,
  };
}

/** The same for scripts: fields of `up --json` and `status --json`. */
export function reachOf(
  { plan }: MachineState,
  people: People,
): { readonly network: 'full' | 'none'; readonly others: unknown; readonly vncBecause: unknown } {
  const { kind, ...others } = people;
  return {
    network: plan.isolated === true ? 'none' : 'full',
    vncBecause: plan.vncBecause,
    others: kind === 'others' ? others : undefined,
  };
}
