import { expect, test } from 'vitest';
import { shareWriters, type ShareFacts } from '../../../src/machine/share-writers.ts';

const [root, student, other] = [0, 1000, 1001];
const sharedDir = '/home/anna/my lab/shared';

type Folder = NonNullable<ShareFacts['folder']>;
const folder = (uid: number, mode: number, gid = uid): Folder => ({
  uid,
  gid,
  mode: 0o40_000 | mode,
});

function writersOf(
  own: Folder | undefined,
  hostUid: number | undefined,
  more: Partial<ShareFacts> = {},
) {
  return shareWriters({
    sharedDir,
    folder: own,
    hostUid,
    onHost: 'writable',
    owner: 'as-it-is',
    readOnly: false,
    ...more,
  });
}

test.each<[string, Folder, number, Partial<ShareFacts>]>([
  ['your own, and you are 1000', folder(student, 0o755), student, {}],
  ['your own, shown as 1000’s', folder(other, 0o700), other, { owner: 'mapped' }],
  ['root’s, shown as 1000’s', folder(root, 0o700), root, { owner: 'mapped' }],
  ['1000’s, and root starts it', folder(student, 0o755), root, {}],
  ['everybody’s, and root starts it', folder(other, 0o777), root, {}],
  ['of group 1000, and you are 1000', folder(other, 0o770, student), student, {}],
  // In the image, `user` is in sudo (27).
  ['of a group that user is in', folder(other, 0o770, 27), student, {}],
])('user writes to a share that is %s', (_what, own, hostUid, more) => {
  expect(writersOf(own, hostUid, more)).toEqual({ user: 'yes', root: 'yes' });
});

const byRoot = 'root can: utopia ssh';

test.each<[string, Folder, number, Partial<ShareFacts>, string]>([
  [
    'that is yours alone',
    folder(other, 0o700),
    other,
    { owner: 'closed' },
    'open it there (yours, id 1001)',
  ],
  ['that others read', folder(other, 0o755), other, {}, 'write there (yours, id 1001)'],
  ['of root’s own', folder(root, 0o755), root, {}, 'write there (yours, id 0)'],
  [
    'of another, where root starts it',
    folder(other, 0o755),
    root,
    {},
    'write there (id 1001 owns it)',
  ],
  ['of a group of yours', folder(root, 0o775, 5000), student, {}, 'write there (id 0 owns it)'],
  [
    'of a group of yours, closed to others',
    folder(root, 0o770, 5000),
    student,
    {},
    'open it there (id 0 owns it)',
  ],
  // The guest sees the mask, not the entry for 1000: root:rwx user:1000:rwx group::--- mask::rwx other::---.
  [
    'that an access list opens for 1000',
    folder(root, 0o770),
    student,
    {},
    'open it there (id 0 owns it)',
  ],
  // The owner's class alone counts, although the group could.
  [
    'that is 1000’s and not writable to it',
    folder(student, 0o575, 5000),
    other,
    {},
    'write there (id 1000 owns it)',
  ],
  [
    'that can be written and not entered',
    folder(other, 0o776),
    student,
    {},
    'open it there (id 1001 owns it)',
  ],
  [
    'whose user is 1002 in this image',
    folder(student, 0o755),
    student,
    { userId: 1002 },
    'write there (yours, id 1000)',
  ],
])('only root writes to a share %s', (_what, own, hostUid, more, what) => {
  expect(writersOf(own, hostUid, more)).toEqual({
    user: 'no',
    root: 'yes',
    what: `user cannot ${what}`,
    next: byRoot,
  });
});

test.each<[string, Folder, number]>([
  ['everybody’s', folder(other, 0o1777), other],
  ['1000’s and your group’s', folder(student, 0o775, 5000), other],
])('user makes files that are another’s in a share that is %s', (_what, own, hostUid) => {
  const what = 'user cannot change files that it made there';
  expect(writersOf(own, hostUid)).toEqual({ user: 'new-files', root: 'yes', what, next: byRoot });
});

const elsewhere = 'name a folder of yours in SHARED_FS_DIR';

test.each<[string, Folder, number, Partial<ShareFacts>, string, string]>([
  [
    'on a read-only file system',
    folder(student, 0o755),
    student,
    { onHost: 'read-only' },
    "this host's file system is read-only",
    elsewhere,
  ],
  [
    'of another',
    folder(other, 0o755),
    student,
    { onHost: 'denied' },
    'id 1001 owns it, and you cannot',
    elsewhere,
  ],
  [
    'of 1000, where you are another',
    folder(student, 0o755),
    other,
    { onHost: 'denied' },
    'id 1000 owns it, and you cannot',
    elsewhere,
  ],
  [
    'whose mode forbids it',
    folder(student, 0o555),
    student,
    { onHost: 'denied' },
    'by its mode you cannot',
    "chmod u+rwx '/home/anna/my lab/shared'",
  ],
  [
    'that QEMU shares to be read',
    folder(student, 0o755),
    student,
    { readOnly: true },
    'it is shared to be read only',
    'utopia run --rw, or --copy-in',
  ],
])('nobody writes to a share %s', (_what, own, hostUid, more, why, next) => {
  const what = `nobody can write there (${why})`;
  expect(writersOf(own, hostUid, more)).toEqual({ user: 'no', root: 'no', what, next });
});

test('nothing is claimed of a share that cannot be seen, or of a QEMU whose user is not known', () => {
  const unknown = { user: 'unknown', root: 'unknown' };
  expect(writersOf(undefined, student)).toEqual(unknown);
  expect(writersOf(folder(other, 0o700), undefined)).toEqual(unknown);
  expect(writersOf(folder(other, 0o700), other, { owner: undefined })).toEqual(unknown);
});
