import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { MachinePlan } from './plan.ts';

/** User and group id of the guest's account `user`, in the guide's image and in ours. */
export const guestUserId = 1000;

/** Access of all others to a folder: to list and to enter it (path_resolution(7)). */
const listAndEnter = 0o005;

/** How the shared folder's owner appears in the guest. */
export type ShareOwner =
  /** As on the host. */
  | { readonly kind: 'as-it-is' }
  /** As the guest's `user`: QEMU starts behind these words. */
  | { readonly kind: 'mapped'; readonly prefix: readonly string[] }
  /** As on the host, and the guest's `user` may not open it. */
  | { readonly kind: 'closed'; readonly uid: number };

/**
 * Decides how a shared folder of the host user's own is opened for the guest's `user`.
 * The guest's kernel judges by the ids that QEMU tells it (security_model=none), so that
 * a folder of user 1001 is closed to user 1000 there, or can only be read. Then QEMU
 * runs in a user namespace that has one id, the host user's own, under the number
 * 1000 (user_namespaces(7)): it may open what it might before, and calls the owner of
 * the share 1000. Who is 1000 already needs none of it; root, who would lose his rights
 * over other users' files in it, goes there only if `user` could not even open the folder.
 */
export async function chooseShareOwner(
  plan: MachinePlan,
  backingFile: string,
  uid = process.getuid?.() ?? 0,
): Promise<ShareOwner> {
  if (uid === guestUserId) return { kind: 'as-it-is' };
  const folder = await stat(plan.sharedDir).catch(() => undefined);
  if (folder === undefined || folder.uid !== uid) return { kind: 'as-it-is' };
  const isOpen = (folder.mode & listAndEnter) === listAndEnter;
  if (isOpen && uid === 0) return { kind: 'as-it-is' };
  const prefix = [
    ...['unshare', '--user', `--map-user=${guestUserId}`, `--map-group=${guestUserId}`],
    '--',
  ];
  const mapped =
    !needsPrivilege(plan.extraArgs, uid) && (await opensAll(prefix, plan, backingFile));
  if (mapped) return { kind: 'mapped', prefix };
  return isOpen ? { kind: 'as-it-is' } : { kind: 'closed', uid };
}

/** In the namespace root is root no more, and a set-user-id helper stays what it is. */
function needsPrivilege(extraArgs: readonly string[], uid: number): boolean {
  return uid === 0 ? extraArgs.length > 0 : extraArgs.some((word) => /bridge|helper/.test(word));
}

/** Tries in such a namespace what QEMU is going to open: some milliseconds. Root's files may be other users'. */
async function opensAll(
  prefix: readonly string[],
  { overlay, sharedDir, disks, accelerator }: MachinePlan,
  backingFile: string,
): Promise<boolean> {
  const written = [overlay, ...(accelerator === 'kvm' ? ['/dev/kvm'] : [])];
  // A share that cannot be written to can be read all the same.
  const read = [backingFile, sharedDir, ...disks.map(({ file }) => file)];
  const script = `o=w; for f; do case $f in --) o=r ;; *) test -$o "$f" || exit 1 ;; esac; done`;
  const [program = '', ...words] = [...prefix, 'sh', '-c', script, 'sh', ...written, '--', ...read];
  const child = spawn(program, words, { stdio: 'ignore' });
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
