import { foldersUpFrom, type FolderMode } from '../facts/share.ts';
import type { HostSource } from '../source/host-source.ts';

/** The shared folder and those above it, as far as they are known; undefined while there is none. */
export async function gatherShare(
  { stat }: Pick<HostSource, 'stat'>,
  sharedDir: string,
): Promise<readonly FolderMode[] | undefined> {
  const paths = foldersUpFrom(sharedDir);
  const all = await Promise.all(paths.map(async (path) => ({ path, status: await stat(path) })));
  if (all[0]?.status === undefined) return undefined;
  return all.flatMap(({ path, status }) =>
    status === undefined ? [] : [{ path, mode: status.mode, uid: status.uid, gid: status.gid }],
  );
}
