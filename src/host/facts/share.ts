/** A folder as stat(2) shows it. */
export interface FolderMode {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What other users of the host may do in a folder. */
export type Reach = 'none' | 'read' | 'write';

const canRead = 4;
const canWrite = 2;
const canEnter = 1;

/**
 * What others than `uid` may do in a folder: by its mode, and by those of the folders
 * above it, which all must let them through. `folders` has the folder itself first,
 * then the ones above it. Root is not counted: nothing is closed to it. The group
 * counts unless it is the user's own (user private groups have the user's number).
 * Access lists show in the group's bits (acl(5)). Pure.
 */
export function reachOfOthers(folders: readonly FolderMode[], uid: number): Reach {
  const [folder, ...above] = folders;
  if (folder === undefined) return 'none';
  // One and the same class need not get through everywhere; who is in both may, so either counts.
  if (!above.every((each) => (bitsOfOthers(each, uid) & canEnter) !== 0)) return 'none';
  const bits = bitsOfOthers(folder, uid);
  if ((bits & canEnter) !== 0 && (bits & canWrite) !== 0) return 'write';
  // Files whose names are known can be opened in a folder that can only be entered.
  return (bits & (canEnter | canRead)) === 0 ? 'none' : 'read';
}

function bitsOfOthers({ mode, uid: owner, gid }: FolderMode, uid: number): number {
  const ofGroup = gid === uid && gid !== 0 ? 0 : (mode >> 3) & 7;
  const ofOwner = owner === uid || owner === 0 ? 0 : (mode >> 6) & 7;
  // The group of root is root's.
  return (mode & 7) | (gid === 0 ? 0 : ofGroup) | ofOwner;
}

/** A folder and all those above it, the root folder last. `path` is absolute. Pure. */
export function foldersUpFrom(path: string): string[] {
  const words = path.split('/').filter((word) => word !== '');
  return words.map((_, index) => `/${words.slice(0, words.length - index).join('/')}`).concat('/');
}
