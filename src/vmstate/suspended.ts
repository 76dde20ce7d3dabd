import { lstat, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { removeDrafts } from '../system/atomic-file.ts';
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

/** The state that goes with this private file; undefined when its machine is simply off. */
export async function readSuspended(overlay: string): Promise<SuspendedMachine | undefined> {
  const { manifest: file } = suspendedFiles(overlay);
  const manifest = await readManifest(file);
  if (manifest === undefined) return undefined;
  return { manifest, stateFile: resolve(dirname(file), manifest.stateFile) };
}

/**
 * Path of a record that is there and that this version cannot read: damaged, or a newer version's.
 * A suspend writes the record last and whole, so the memory beside it may well be good.
 */
export async function findUnreadableRecord(overlay: string): Promise<string | undefined> {
  const { manifest } = suspendedFiles(overlay);
  if ((await readManifest(manifest)) !== undefined) return undefined;
  const there = await lstat(manifest).catch(() => undefined);
  return there === undefined ? undefined : manifest;
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
