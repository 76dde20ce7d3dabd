import { rm } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import type { Environment } from '../environment.ts';
import { endBeside, startBeside } from './beside.ts';
import type { MachinePaths } from './paths.ts';
import { isAlive, type ProcessIdentity } from '../system/process.ts';
import { readJson } from '../system/json-file.ts';
import { aText, object } from '../text/shape.ts';
import { processShape } from './state-shape.ts';

/** The sensor bridge of a machine, as written down in its state folder. */
export interface SensorBridge {
  /** UTOPIA_SENSORS as the bridge was given it. */
  readonly feed: string;
  readonly process: ProcessIdentity;
}

const bridgeShape = object({ feed: aText, process: processShape });

/**
 * Starts the machine's sensor bridge, a process in a session of its own that
 * outlives this one and ends with its QEMU. `command` is its program and arguments;
 * its words go to the machine's sensors.log, which starts anew unless `append`.
 */
export async function startBridge(
  command: readonly string[],
  feed: string,
  paths: MachinePaths,
  env: Environment,
  append = false,
): Promise<SensorBridge | undefined> {
  const process = await startBeside(command, paths.sensorsLog, env, append);
  if (process === undefined) return undefined;
  const bridge = { feed, process };
  await writeFileAtomically(paths.sensorsFile, `${JSON.stringify(bridge)}\n`, { mode: 0o600 });
  return bridge;
}

/**
 * The machine's bridge and whether it runs; undefined when its last start had none. Throws
 * `state-unfit` where it is written down and cannot be read: it may run, and its QEMU hears one bridge only.
 */
export async function findBridge(
  paths: MachinePaths,
): Promise<(SensorBridge & { readonly alive: boolean }) | undefined> {
  const reading = await readJson(paths.sensorsFile, bridgeShape);
  if (reading.kind === 'absent') return undefined;
  if (reading.kind === 'unreadable') {
    throw new UtopiaError('state-unfit', 'The record of the sensor bridge cannot be read.', {
      details: [`${paths.sensorsFile}: ${reading.why}`],
      hint: 'utopia down ends the machine and its bridge; utopia up starts both anew.',
    });
  }
  return { ...reading.value, alive: await isAlive(reading.value.process) };
}

/** Ends the bridge of a machine that has ended, if it runs. It would end by itself soon after its QEMU. */
export async function forgetBridge(paths: MachinePaths): Promise<void> {
  await endBridge(paths).catch(() => {});
  await rm(paths.sensorsFile, { force: true });
}

/** Ends the machine's bridge, if it runs. Throws as findBridge does. */
export async function endBridge(paths: MachinePaths): Promise<void> {
  const bridge = await findBridge(paths);
  if (bridge === undefined) return;
  if (bridge.alive) await endBeside(bridge.process);
  await rm(paths.sensorsFile, { force: true });
}
