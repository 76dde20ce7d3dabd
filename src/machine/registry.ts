import { readdir } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import { stateRoot } from '../system/places.ts';
import { pathsOfId, type MachinePaths } from './paths.ts';
import { findRunning, readState, type MachineState, type RunningMachine } from './state.ts';

/** A machine of this user that was started at some time. */
export interface KnownMachine {
  /** UTOPIA_NAME when it was last started; its id where nothing was written down. */
  readonly name: string;
  readonly paths: MachinePaths;
  /** As it was last started; undefined for a QEMU whose launcher died before it wrote that down. */
  readonly state: MachineState | undefined;
  readonly running: RunningMachine | undefined;
}

/** Ids of all machines of this user that were ever started, or are just being. */
export async function machineIds(env: Environment): Promise<string[]> {
  return await readdir(stateRoot(env)).catch(() => []);
}

/**
 * All machines of this user, from their state folders: those that run first, then
 * by name. There is no list besides the machines' own files, so none can be wrong.
 */
export async function listMachines(env: Environment, uid: number): Promise<KnownMachine[]> {
  const ids = await machineIds(env);
  const machines = await Promise.all(
    ids.map(async (id) => await readMachine(pathsOfId(id, env, uid))),
  );
  return machines
    .filter((machine) => machine !== undefined)
    .toSorted(
      (a, b) =>
        Number(a.running === undefined) - Number(b.running === undefined) ||
        a.name.localeCompare(b.name) ||
        a.paths.id.localeCompare(b.paths.id),
    );
}

async function readMachine(paths: MachinePaths): Promise<KnownMachine | undefined> {
  const [state, running] = await Promise.all([readState(paths), findRunning(paths)]);
  if (state === undefined && running === undefined) return undefined;
  return { name: state?.name ?? paths.id, paths, state, running };
}

/** Machines that `-n` means: of this name, or the one of this id. */
export function machinesNamed(machines: readonly KnownMachine[], name: string): KnownMachine[] {
  const byId = machines.filter(({ paths }) => paths.id === name);
  return byId.length > 0 ? byId : machines.filter((machine) => machine.name === name);
}

/** What to write behind `-n` for exactly this machine: its name where that is enough. */
export function addressOf(machines: readonly KnownMachine[], machine: KnownMachine): string {
  return machinesNamed(machines, machine.name).length === 1 ? machine.name : machine.paths.id;
}
