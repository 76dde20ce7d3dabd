import { readTail } from '../../guest/file-tail.ts';
import { findBridge } from '../../machine/sensor-bridge.ts';
import { findRunning, refuseUnreadable } from '../../machine/state.ts';
import type { LocatedMachine } from '../launch/locate.ts';

const readBytes = 16 * 1024;

/** What a machine gets at its second serial port. */
export interface MachineSensors {
  readonly runs: boolean;
  /** It was started with a second serial port. */
  readonly hasPort: boolean;
  /** What it gets, or got last; undefined where no bridge was started. */
  readonly feed: string | undefined;
  /** The bridge's process, where that lives. */
  readonly pid: number | undefined;
  /** The last lines of the bridge's log. */
  readonly log: readonly string[];
}

/** Looks at a machine's sensor bridge. Throws `state-unfit` where how it was started cannot be read. */
export async function findSensors({ paths }: LocatedMachine): Promise<MachineSensors> {
  const running = await findRunning(paths);
  if (running !== undefined) refuseUnreadable(paths, running);
  const bridge = running === undefined ? undefined : await findBridge(paths);
  const text = (await readTail(paths.sensorsLog, readBytes))?.bytes.toString() ?? '';
  return {
    runs: running !== undefined,
    hasPort: running?.state?.plan.sensorPort === true,
    feed: bridge?.feed,
    pid: bridge?.alive === true ? bridge.process.pid : undefined,
    log: text.split('\n').filter((line) => line !== ''),
  };
}
