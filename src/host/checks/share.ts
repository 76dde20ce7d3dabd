import {
  info,
  pass,
  skipped,
  unknown,
  type Check,
  type CheckInput,
  type Finding,
} from '../check.ts';
import { describePeople } from '../facts/people.ts';
import { reachOfOthers } from '../facts/share.ts';

export const shareChecks: readonly Check[] = [
  {
    id: 'share.private',
    group: 'Lab',
    title: 'the shared folder',
    reads:
      'mode and owner of SHARED_FS_DIR and of the folders above it; /etc/passwd, /etc/nsswitch.conf: who else is on the host',
    causes: ['share-open'],
    evaluate: evaluateShare,
  },
];

function evaluateShare({ facts, lab }: CheckInput): Finding {
  if (lab.config === undefined) return skipped('lab.config', 'not looked at');
  const { share } = facts.resources;
  const { sharedDir } = lab.config;
  const { people } = facts;
  if (share === undefined) return pass('made at the first start, for you alone');
  const { uid } = facts.account;
  if (uid === undefined) return unknown('not known: the user id of this process is not');
  const reach = reachOfOthers(share, uid);
  const evidence = share.slice(0, 2).map(({ path, mode, uid: owner }) => ({
    path,
    value: `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, owner ${owner}`,
  }));
  if (reach === 'none') return pass(`only you can open ${sharedDir}`, evidence);
  const may = reach === 'write' ? 'write to' : 'read';
  if (people?.kind !== 'others') {
    return info(`others could ${may} it, and nobody else is on this host`, { evidence });
  }
  return {
    status: 'warn',
    message: `${describePeople(people)} can ${may} ${sharedDir}`,
    cause: 'share-open',
    why:
      'What the guest writes there is yours on the host: a program with the set-user-id bit, ' +
      'made by whoever gets into the guest, would run as you.',
    evidence,
    fix: {
      kind: 'auto',
      commands: [
        {
          argv: ['chmod', 'go-rwx', sharedDir],
          root: false,
          why: 'lets nobody but you into the shared folder; the guest still reads it',
        },
      ],
      after: 'none',
    },
  };
}
