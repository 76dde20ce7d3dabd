import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { removeDrafts } from '../system/atomic-file.ts';
import type { Reading } from '../system/json-file.ts';
import { readManifest, type VmStateManifest } from './manifest.ts';

/** Where the state of a suspended machine lies: beside its private file, whatever folder that is in. */
export function suspendedFiles(overlay: string): {
  readonly manifest: string;
  readonly state: string;
} {
  return { manifest: `${overlay}.vmstate.json`, state: `${overlay}.vmstate` };
}

/** A machine that was suspended, or put back to a moment at which it ran. */
export interface SuspendedMachine {
  readonly manifest: VmStateManifest;
  /** Absolute path of the state file: the machine's own, or a snapshot's. */
  readonly stateFile: string;
}

/**
 * The state that goes with this private file; absent when its machine is simply off. A suspend
 * writes the record last and whole, so where that cannot be read the memory beside it may well be good.
 */
export async function lookForSuspended(overlay: string): Promise<Reading<SuspendedMachine>> {
  const { manifest: file } = suspendedFiles(overlay);
  const reading = await readManifest(file);
  if (reading.kind !== 'read') return reading;
  const manifest = reading.value;
  const stateFile = resolve(dirname(file), manifest.stateFile);
  return { kind: 'read', value: { manifest, stateFile } };
}

/** The same where a record that cannot be read is none. */
export async function readSuspended(overlay: string): Promise<SuspendedMachine | undefined> {
  const reading = await lookForSuspended(overlay);
  return reading.kind === 'read' ? reading.value : undefined;
}

/** Path of a record that is there and cannot be read. */
export async function findUnreadableRecord(overlay: string): Promise<string | undefined> {
  const { kind } = await lookForSuspended(overlay);
  return kind === 'unreadable' ? suspendedFiles(overlay).manifest : undefined;
}

/** What to say of a suspended machine whose record cannot be read: nothing of it is touched. */
function unreadableRecord(overlay: string, why: string): UtopiaError {
  return new UtopiaError(
    'state-unfit',
    'The machine is suspended, and its record cannot be read.',
    {
      details: [`${suspendedFiles(overlay).manifest}: ${why} Nothing was changed.`],
      hint: 'Put the file back, or boot (its memory is lost): utopia up --cold',
    },
  );
}

/** The same as readSuspended, for who would lose or change what is there. Throws `state-unfit` where its record cannot be read. */
export async function requireSuspended(overlay: string): Promise<SuspendedMachine | undefined> {
  const reading = await lookForSuspended(overlay);
  if (reading.kind === 'unreadable') throw unreadableRecord(overlay, reading.why);
  return reading.kind === 'read' ? reading.value : undefined;
}

/**
 * Gives the state up: the next start boots. What a killed suspend has left half made goes with it;
 * a snapshot's own state file stays.
 */
export async function forgetSuspended(overlay: string): Promise<void> {
  const files = suspendedFiles(overlay);
  // The manifest first: a state without it counts for nothing.
  await rm(files.manifest, { force: true });
  await rm(files.state, { force: true });
  await removeDrafts(files.manifest);
  await removeDrafts(files.state);
}
