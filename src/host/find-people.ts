import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { judgePeople, type People } from './facts/people.ts';
import { parseProcessStatus } from './facts/process-status.ts';
import type { HostSource } from './source/host-source.ts';

/** The part of a host that tells who is on it. */
export type PeopleSource = Pick<HostSource, 'user' | 'env' | 'readText' | 'list'>;

/**
 * Folder that describes a host (docs/doctor.md), from which every command but doctor reads who is
 * there instead of from /: for tests, and for trying what a shared host would be told.
 */
export const hostRootVariable = 'UTOPIA_HOST_ROOT';

/** A passwd of 20,000 accounts has a megabyte: what lies behind it would change no answer. */
const mostBytes = 1_048_576;
/** As many records of systemd-userdbd are read; one account is enough for the answer. */
const mostRecords = 64;

/** Where `NAME.user` records lie (systemd-userdbd.service(8)); homed's own folder is root's to read. */
const recordFolders = [
  '/etc/userdb',
  '/run/userdb',
  '/run/host/userdb',
  '/usr/local/lib/userdb',
  '/usr/lib/userdb',
];
/** sssd's sockets; the name service's own is called `nss`. */
const sssdFolder = '/var/lib/sss/pipes';

/** Who besides this user may be on the host that `env` runs on. Some small files are read, nothing is run. */
export async function findPeople(env: Environment, cwd: string): Promise<People> {
  const root = env[hostRootVariable];
  if (root === undefined || root === '') return await readPeople(thisHost(env));
  const { openFixture } = await import('./source/fixture-source.ts');
  return await readPeople(await openFixture(resolve(cwd, root)));
}

/** The same of any host. What cannot be read adds nobody. */
export async function readPeople(source: PeopleSource): Promise<People> {
  const [passwd, extra, loginDefs, nsswitch, status, records, sockets, parent] = await Promise.all([
    source.readText('/etc/passwd'),
    source.readText('/var/lib/extrausers/passwd'),
    source.readText('/etc/login.defs'),
    source.readText('/etc/nsswitch.conf'),
    source.user.uid === undefined ? source.readText('/proc/self/status') : undefined,
    readRecords(source),
    source.list(sssdFolder),
    source.list('/var/lib/sss'),
  ]);
  const own = status === undefined ? undefined : parseProcessStatus(status).uids[1];
  const { SUDO_UID: sudoUid = '', SUDO_USER: sudoName } = source.env;
  return judgePeople({
    passwd: [passwd, extra].map((text) => (text ?? '').slice(0, mostBytes)).join('\n'),
    loginDefs,
    nsswitch,
    records,
    sssdSockets: parent.includes('pipes') ? sockets : undefined,
    uid: source.user.uid ?? own,
    sudo: { uid: /^\d{1,10}$/.test(sudoUid) ? Number(sudoUid) : undefined, name: sudoName },
  });
}

async function readRecords(source: PeopleSource): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of recordFolders) {
    const names = (await source.list(folder)).filter((name) => name.endsWith('.user'));
    paths.push(...names.map((name) => `${folder}/${name}`));
  }
  const texts = await Promise.all(
    paths.slice(0, mostRecords).map(async (path) => await source.readText(path)),
  );
  return texts.filter((text) => text !== undefined);
}

function thisHost(env: Environment): PeopleSource {
  return {
    user: { name: undefined, uid: process.geteuid?.(), gid: undefined },
    env,
    readText: async (path) => readStart(path),
    list: async (folder) => {
      try {
        return readdirSync(folder);
      } catch {
        return [];
      }
    },
  };
}

function readStart(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, mostBytes));
      return bytes.toString('utf8', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
