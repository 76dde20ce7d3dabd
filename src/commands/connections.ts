import type { MachinePaths } from '../machine/paths.ts';
import type { MachineState } from '../machine/state.ts';
import type { Connections } from '../ui/card.ts';

/** What the connection card of a running machine shows. `foreground`: an `up` watches it. */
export function connectionsOf(
  { ssh, exposed, plan }: MachineState,
  { consoleLog }: MachinePaths,
  foreground: boolean,
): Connections {
  return {
    ssh,
    exposed,
    vnc: plan.vnc,
    sharedDir: plan.sharedDir,
    disks: plan.disks,
    sensors: plan.sensorPort,
    consoleLog,
    foreground,
  };
}
