import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describePeople, judgePeople, type PeopleInput } from '../../../src/host/facts/people.ts';
import { findPeople, hostRootVariable, readPeople } from '../../../src/host/find-people.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const hosts = join(import.meta.dirname, '../../../fixtures/hosts');

const nobody: PeopleInput = {
  passwd: undefined,
  loginDefs: undefined,
  nsswitch: undefined,
  records: [],
  sssdSockets: undefined,
  uid: 1000,
  sudo: { uid: undefined, name: undefined },
};

const system = [
  'root:x:0:0:root:/root:/bin/bash',
  'daemon:x:1:1::/:/usr/sbin/nologin',
  'postgres:x:113:120::/var/lib/postgresql:/bin/bash',
  'alice:x:1000:1000::/home/alice:/bin/bash',
  'nobody:x:65534:65534:nobody:/nonexistent:/bin/sh',
];

function passwd(...more: readonly string[]): string {
  return [...system, ...more, ''].join('\n');
}

const alone = { kind: 'alone' };
const bob = 'bob:x:1001:1001::/home/bob:/bin/bash';

describe.each<[string, Partial<PeopleInput>, object]>([
  ['one user and the system', { passwd: passwd() }, alone],
  ['no account database at all', {}, alone],
  ['a second user', { passwd: passwd(bob) }, { kind: 'others', accounts: ['bob'], count: 1 }],
  ['another name of the user', { passwd: passwd('al:x:1000:1000::/:/bin/sh') }, alone],
  ['a service with nologin', { passwd: passwd('git:x:1001:1001::/:/usr/sbin/nologin') }, alone],
  ['a service with false', { passwd: passwd('svc:x:1001:1001::/:/bin/false') }, alone],
  ['a second user without a shell', { passwd: passwd('bob:x:1001:1001::/:') }, { count: 1 }],
  [
    'a shell of its own, which ssh starts too',
    { passwd: passwd('git:x:1001:1001::/:/usr/bin/git-shell') },
    { accounts: ['git'] },
  ],
  [
    'UID_MIN of 500',
    { passwd: passwd('bob:x:500:500::/:/bin/sh'), loginDefs: '# c\nUID_MIN\t\t  500\n' },
    { accounts: ['bob'] },
  ],
  ['UID_MIN of 2000', { passwd: passwd(bob), loginDefs: 'UID_MIN 2000\n' }, alone],
  ['UID_MIN in a comment', { passwd: passwd(bob), loginDefs: '#UID_MIN 2000\n' }, { count: 1 }],
  ['an account above UID_MAX', { passwd: passwd('bob:x:700000:1::/:/bin/sh') }, { count: 1 }],
  ['root: every ordinary account', { passwd: passwd(), uid: 0 }, { accounts: ['alice'] }],
  [
    'root by sudo: not the one who ran it',
    { passwd: passwd(), uid: 0, sudo: { uid: 1000, name: undefined } },
    alone,
  ],
  [
    'root by sudo, and another',
    { passwd: passwd(bob), uid: 0, sudo: { uid: 1000, name: undefined } },
    { count: 1 },
  ],
  [
    'root by a sudo that tells the name only',
    { passwd: passwd(bob), uid: 0, sudo: { uid: undefined, name: 'alice' } },
    { accounts: ['bob'] },
  ],
  [
    'SUDO_UID of somebody who is not root',
    { passwd: passwd(bob), sudo: { uid: 1001, name: 'bob' } },
    { count: 1 },
  ],
  ['files and systemd', { passwd: passwd(), nsswitch: 'passwd:  files systemd\n' }, alone],
  ['ldap for groups only', { nsswitch: 'passwd: files\ngroup: files ldap\n' }, alone],
  ['ldap in a comment', { nsswitch: 'passwd: files # ldap\n#passwd: ldap\n' }, alone],
  ['ldap', { nsswitch: 'passwd: files ldap\n' }, { count: 0, directory: 'ldap' }],
  [
    'an action between services',
    { nsswitch: 'passwd: files [!NOTFOUND=return] winbind\n' },
    { directory: 'winbind' },
  ],
  ['a service nobody knows', { nsswitch: 'passwd: files authd\n' }, { directory: 'authd' }],
  ['nis behind compat', { nsswitch: 'passwd: compat\npasswd_compat: nis\n' }, { directory: 'nis' }],
  ['sss', { nsswitch: 'passwd: files sss\n' }, { directory: 'sss' }],
  [
    'sss that serves',
    { nsswitch: 'passwd: sss files\n', sssdSockets: ['nss', 'private'] },
    { directory: 'sss' },
  ],
  ['sss without a server', { nsswitch: 'passwd: sss files\n', sssdSockets: ['private'] }, alone],
  ['a + line', { passwd: passwd('+::::::') }, { directory: 'nis' }],
  ['a +@netgroup line', { passwd: passwd('+@class::::::') }, { directory: 'nis' }],
  [
    'a record of homed',
    { passwd: passwd(), records: ['{"userName":"eva","uid":60100,"shell":"/bin/bash"}'] },
    { accounts: ['eva'] },
  ],
  [
    'records that say nothing',
    { passwd: passwd(), records: ['', '[', 'null', '{"userName":"svc","uid":200}', '7'] },
    alone,
  ],
])('%s', (_what, input, expected) => {
  it('is told', () => {
    expect(judgePeople({ ...nobody, ...input })).toMatchObject(expected);
  });
});

it('names a few of many, in linear time', () => {
  const many = Array.from({ length: 30_000 }, (_, n) => `u${n}:x:${2000 + n}:1::/:/bin/sh`);
  const people = judgePeople({ ...nobody, passwd: passwd(...many) });
  expect(people).toEqual({ kind: 'others', accounts: ['u0', 'u1', 'u2'], count: 30_000 });
});

it.each([
  [{ accounts: ['anna'], count: 1 }, 'anna'],
  [{ accounts: ['anna', 'babis'], count: 2 }, 'anna and 1 other'],
  [{ accounts: ['anna', 'babis', 'eva'], count: 5 }, 'anna and 4 others'],
  [{ accounts: [], count: 0, directory: 'ldap' }, 'every account of ldap'],
  [{ accounts: ['anna'], count: 1, directory: 'sss' }, 'anna, and every account of sss'],
])('%o in words', (people, text) => {
  expect(describePeople({ kind: 'others', ...people })).toBe(text);
});

it.each([
  ['ubuntu-intel-ok', alone],
  ['wsl-root-alone', alone],
  ['shared-two-accounts', { kind: 'others', accounts: ['anna', 'babis', 'chara'], count: 4 }],
  ['shared-ldap', { kind: 'others', accounts: [], directory: 'ldap' }],
])('the described host %s', async (name, expected) => {
  expect(await readPeople(await openFixture(join(hosts, name)))).toMatchObject(expected);
  expect(await findPeople({ [hostRootVariable]: name }, hosts)).toMatchObject(expected);
});

it('reads the records of systemd-userdbd, and of Ubuntu Core', async () => {
  using folder = temporaryFolder();
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  };
  put('host.json', '{"user":{"name":"alice","uid":1000,"gid":1000}}');
  put('etc/userdb/eva.user', '{"userName":"eva","uid":1500,"shell":"/bin/bash"}');
  put('var/lib/extrausers/passwd', bob);
  expect(await readPeople(await openFixture(folder.path))).toMatchObject({
    accounts: ['bob', 'eva'],
  });
});

it('reads this host in its own time, whatever is on it', async () => {
  expect(['alone', 'others']).toContain((await findPeople({}, '/')).kind);
});
