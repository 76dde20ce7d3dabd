import { readFileSync, type Stats } from 'node:fs';
import type { Environment } from '../environment.ts';

/**
 * User ids whose files one may believe: one's own and root's, and for root who became it
 * through sudo or doas. The rule of git's safe.directory (git-config(1)).
 */
export function trustedOwners(env: Environment, uid = process.geteuid?.() ?? 0): Set<number> {
  const behind = uid === 0 ? [env['SUDO_UID'], env['DOAS_UID']] : [];
  const numbers = behind.filter((text) => /^\d{1,10}$/.test(text ?? '')).map(Number);
  return new Set([uid, 0, ...numbers]);
}

/** Bits of a mode (stat(2)). */
const sticky = 0o1000;
const groupWrites = 0o020;
const allWrite = 0o002;

/**
 * Whether others than these owners can put a file of theirs, or one of ours from elsewhere, into
 * a folder, or change what stands in a file. In a folder with the sticky bit (/tmp) everybody
 * can make files, but each keeps the owner by whom it is known.
 */
export function isWritableByOthers(
  { mode, gid }: Pick<Stats, 'mode' | 'gid'>,
  uid = process.geteuid?.() ?? 0,
): boolean {
  if ((mode & sticky) !== 0) return false;
  if ((mode & allWrite) !== 0) return true;
  return (mode & groupWrites) !== 0 && !isOwnGroup(gid, uid);
}

/** /etc/group of a host with thousands of users; what stands behind it counts as others' group. */
const mostGroupBytes = 1_048_576;

/**
 * Root's group, and a user private group: it has the user's number, or in /etc/group his name
 * and nobody else, as sshd of Debian and Fedora takes it for a file of StrictModes.
 */
function isOwnGroup(gid: number, uid: number): boolean {
  if (gid === 0 || gid === uid) return true;
  const name = firstField('/etc/passwd', 2, uid)?.[0];
  const group = firstField('/etc/group', 2, gid);
  if (name === undefined || group?.[0] !== name) return false;
  return (group[3] ?? '').split(',').every((member) => member === '' || member === name);
}

/** Fields of the first line of an account file whose field `at` is this number. */
function firstField(file: string, at: number, number: number): string[] | undefined {
  try {
    const lines = readFileSync(file, 'utf8').slice(0, mostGroupBytes).split('\n');
    return lines.map((line) => line.split(':')).find((fields) => fields[at] === String(number));
  } catch {
    return undefined;
  }
}

/** `user anna`, or `user 1002` where /etc/passwd has no name for it. */
export function nameOwner(uid: number): string {
  const name = firstField('/etc/passwd', 2, uid)?.[0];
  return `user ${name === undefined || name === '' ? uid : name}`;
}
