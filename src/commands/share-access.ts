import { statSync } from 'node:fs';
import { foldersUpFrom, reachOfOthers, type Reach } from '../host/facts/share.ts';

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
