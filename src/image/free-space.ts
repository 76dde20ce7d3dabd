import { statfs } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';

/** Below this an overlay is not made: a guest's first boot alone writes tens of megabytes. */
export const leastFreeBytes = 64e6;

/** Below this it is worth a word: a guest that installs packages fills it in an afternoon. */
export const comfortableFreeBytes = 1e9;

/** Bytes that this user can still write in a folder; root's reserve does not count. */
export async function availableBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Looks whether there is room for an overlay in a folder. Throws `disk-full` when
 * `required` bytes are not there; returns a warning when there is little.
 */
export async function checkRoom(folder: string, required: number): Promise<string | undefined> {
  const available = await availableBytes(folder);
  if (available < required) {
    throw new UtopiaError(
      'disk-full',
      `No room for the private file in ${folder}: ${inMegabytes(available)} free, ${inMegabytes(required)} needed to start.`,
      { hint: 'Free some space there, or set QCOW2_PRIVATE_FILE to a folder with more room.' },
    );
  }
  return available < comfortableFreeBytes
    ? `Only ${inMegabytes(available)} are free in ${folder}: the guest stops when it is full.`
    : undefined;
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}
