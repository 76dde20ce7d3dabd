import { constants, statSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { foldersUpFrom, reachOfOthers, type Reach } from '../../host/facts/share.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { shareWriters, type ShareFacts, type ShareWriters } from '../../machine/share-writers.ts';
import type { MachineState } from '../../machine/state.ts';

/**
 * What other users of this host may do in the shared folder, by the modes of the
 * folder and of those above it: some stat calls, at once. `none` where it is not there.
 */
export function shareReach(sharedDir: string): Reach {
  try {
    const folders = foldersUpFrom(sharedDir).map((path) => ({ path, ...pick(path) }));
    return reachOfOthers(folders, process.geteuid?.() ?? 0);
  } catch {
    return 'none';
  }
}

function pick(path: string): { readonly mode: number; readonly uid: number; readonly gid: number } {
  const { mode, uid, gid } = statSync(path);
  return { mode, uid, gid };
}

/** QEMU's arguments with which it becomes another user. */
const otherUser = /^--?run(?:as|-with)$/;

type SharingMachine = Pick<MachineState, 'shareOwner' | 'shareClosed'> & {
  readonly plan: Pick<MachinePlan, 'sharedDir' | 'shareReadOnly' | 'extraArgs'>;
};

/**
 * Who in the guest of this running machine can write to its share: looked up now, since
 * a mode changes while the machine runs. `userId` is that of the guest's `user`, where
 * the guest was asked.
 */
export async function writersOf(
  { plan, shareOwner, shareClosed }: SharingMachine,
  userId?: number,
): Promise<ShareWriters> {
  const { sharedDir, shareReadOnly = false, extraArgs } = plan;
  return shareWriters({
    sharedDir,
    folder: await stat(sharedDir).catch(() => undefined),
    onHost: await accessOnHost(sharedDir),
    hostUid: extraArgs.some((word) => otherUser.test(word)) ? undefined : process.geteuid?.(),
    owner: shareOwner ?? (shareClosed === true ? 'closed' : undefined),
    readOnly: shareReadOnly,
    ...(userId === undefined ? {} : { userId }),
  });
}

/** The host's own answer: access lists, groups, mounts and root's rights are all in it. */
async function accessOnHost(folder: string): Promise<ShareFacts['onHost']> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return 'writable';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EROFS' ? 'read-only' : 'denied';
  }
}
