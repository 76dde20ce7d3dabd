import { quoteForShell } from '../text/shell-words.ts';
import { guestUserId, type ShareOwner } from './share-owner.ts';

/** What decides who in the guest can write to the shared folder. */
export interface ShareFacts {
  /** Path of the folder on the host. */
  readonly sharedDir: string;
  /** As stat(2) shows it on the host; undefined where that fails. */
  readonly folder:
    { readonly uid: number; readonly gid: number; readonly mode: number } | undefined;
  /** What access(2) says to a process of the host's user: whether files can be made in it. */
  readonly onHost: 'writable' | 'denied' | 'read-only';
  /** User id that QEMU has on the host; undefined where its own arguments change that. */
  readonly hostUid: number | undefined;
  /** How QEMU shows the owner; undefined for a machine whose start did not write it down. */
  readonly owner: ShareOwner['kind'] | undefined;
  /** QEMU itself refuses every writing (MachinePlan.shareReadOnly). */
  readonly readOnly: boolean;
  /** User id of the guest's `user`; an image of other makers may have another than 1000. */
  readonly userId?: number | undefined;
}

/** Who in the guest can write to the shared folder. */
export interface ShareWriters {
  /** `new-files`: it makes files, which belong to another there, so that it cannot change them afterwards. */
  readonly user: 'yes' | 'new-files' | 'no' | 'unknown';
  readonly root: 'yes' | 'no' | 'unknown';
  /** Present where `user` is `new-files` or `no`: what it is, a sentence without a full stop. */
  readonly what?: string;
  /** Present with `what`: one thing to do. */
  readonly next?: string;
}

/** One line where the guest's `user` cannot write; undefined where it can, or where that is not known. Pure. */
export function describeTrouble({ what, next }: ShareWriters): string | undefined {
  return what === undefined ? undefined : `${what}; ${next ?? ''}`;
}

/** Permission bits of one class (path_resolution(7)). */
const [canRead, canWrite, canEnter] = [4, 2, 1];
const canMakeFiles = canWrite | canEnter;
const canLook = canRead | canEnter;

/** Numbers of the groups of an image's `user` that Debian fixes: adm, dialout, sudo, video, plugdev. */
const fixedGroups = [4, 20, 27, 44, 46];

/** A user namespace of one id shows every other one so (user_namespaces(7)). */
const overflowId = 65_534;

const asRoot = 'root can: utopia ssh';
const anotherFolder = 'name a folder of yours in SHARED_FS_DIR';

/**
 * Decides who in the guest can write to the shared folder. Two must agree: the guest's
 * kernel, which judges by the owner and the mode that QEMU tells it (with
 * security_model=none no access list, only its mask, which are the group's bits; root
 * passes), and the host's, for which all of it is done by QEMU's user. What the guest
 * makes is given to the guest's id where QEMU may do that, and stays QEMU's user's
 * elsewhere. Only the folder itself is judged: what lies in it may have other modes. Pure.
 */
export function shareWriters(facts: ShareFacts): ShareWriters {
  const { folder, hostUid, owner, userId = guestUserId } = facts;
  if (facts.readOnly)
    return nobody('it is shared to be read only', 'utopia run --rw, or --copy-in');
  if (folder === undefined || hostUid === undefined || owner === undefined)
    return { user: 'unknown', root: 'unknown' };
  if (facts.onHost === 'read-only')
    return nobody("this host's file system is read-only", anotherFolder);
  if (facts.onHost === 'denied') {
    return folder.uid === hostUid
      ? nobody('by its mode you cannot', `chmod u+rwx ${quoteForShell(facts.sharedDir)}`)
      : nobody(`id ${folder.uid} owns it, and you cannot`, anotherFolder);
  }
  const mapped = owner === 'mapped';
  const shown = mapped ? inNamespace(folder, hostUid) : folder;
  const bits = bitsFor(shown, userId);
  if ((bits & canMakeFiles) !== canMakeFiles) {
    const verb = (bits & canLook) === canLook ? 'write' : 'open it';
    const whose = folder.uid === hostUid ? `yours, id ${shown.uid}` : `id ${shown.uid} owns it`;
    const what = `user cannot ${verb} there (${whose})`;
    return { user: 'no', root: 'yes', what, next: asRoot };
  }
  // Root may give a file away; in the namespace there is one id to give it to.
  const idOfNew = mapped ? guestUserId : hostUid === 0 ? userId : hostUid;
  if (idOfNew === userId) return { user: 'yes', root: 'yes' };
  const what = 'user cannot change files that it made there';
  return { user: 'new-files', root: 'yes', what, next: asRoot };
}

function nobody(why: string, next: string): ShareWriters {
  return { user: 'no', root: 'no', what: `nobody can write there (${why})`, next };
}

/** In a namespace that has QEMU's own id alone. */
function inNamespace(
  { uid, gid, mode }: NonNullable<ShareFacts['folder']>,
  hostUid: number,
): NonNullable<ShareFacts['folder']> {
  return uid === hostUid
    ? { uid: guestUserId, gid, mode }
    : { uid: overflowId, gid: overflowId, mode };
}

/** One class counts alone: who is the owner has the owner's bits, whatever the others have. */
function bitsFor({ uid, gid, mode }: NonNullable<ShareFacts['folder']>, userId: number): number {
  if (uid === userId) return (mode >> 6) & 7;
  if (gid === userId || fixedGroups.includes(gid)) return (mode >> 3) & 7;
  return mode & 7;
}
