import { parseAccounts } from './accounts.ts';

/** Who besides this user can be on the host, and so reach what listens on its loopback. */
export type People =
  | { readonly kind: 'alone' }
  | {
      readonly kind: 'others';
      /** Names of the first of them, at most `namedAccounts`; empty where only a directory knows them. */
      readonly accounts: readonly string[];
      /** How many accounts were found on the host itself. */
      readonly count: number;
      /** The service that gives more accounts than can be counted here, as nsswitch.conf names it. */
      readonly directory?: string | undefined;
    };

/** What the answer is drawn from; texts are undefined where a file is not there. */
export interface PeopleInput {
  /** /etc/passwd, and /var/lib/extrausers/passwd of Ubuntu Core behind it. */
  readonly passwd: string | undefined;
  readonly loginDefs: string | undefined;
  readonly nsswitch: string | undefined;
  /** Records of systemd-userdbd and homed (`NAME.user`, systemd.userdb(5)), as their texts. */
  readonly records: readonly string[];
  /** Names in the folder of sssd's sockets; undefined where there is no such folder. */
  readonly sssdSockets: readonly string[] | undefined;
  /** This process's own user. */
  readonly uid: number | undefined;
  /** Who became root through sudo, by number or name (SUDO_UID, SUDO_USER): one and the same person. */
  readonly sudo: { readonly uid: number | undefined; readonly name: string | undefined };
}

/** As many names as a line has room for. */
const namedAccounts = 3;
/** UID_MIN of login.defs(5) where the file does not say. */
const usualFirstUid = 1000;
/** The account of nobody, in 16 bits as the kernel has it; on no system does a person have it. */
const nobodyUid = 65_534;
/**
 * Programs that end or refuse where a login would have its shell. Another shell that /etc/shells does
 * not list still lets its owner in over ssh, so it counts.
 */
const noLogin = /(?:^|\/)(?:nologin|false|true|sync|halt|shutdown|poweroff|reboot)$/;
/** Services of nsswitch.conf(5) that read files of this host alone. */
const localServices: ReadonlySet<string> = new Set([
  ...['files', 'compat', 'systemd', 'altfiles', 'extrausers', 'mymachines'],
]);

/** Whether somebody else may be on this host. Pure. */
export function judgePeople(input: PeopleInput): People {
  const firstUid = readFirstUid(input.loginDefs);
  const lines = (input.passwd ?? '').split('\n');
  const names = new Set<string>();
  const isMine = (name: string, uid: number): boolean =>
    uid === input.uid || (input.uid === 0 && (uid === input.sudo.uid || name === input.sudo.name));
  const take = (name: string, uid: number, shell: string): void => {
    if (uid < firstUid || uid === nobodyUid || noLogin.test(shell) || isMine(name, uid)) return;
    names.add(name);
  };
  for (const { name, uid, shell } of parseAccounts(input.passwd ?? '')) take(name, uid, shell);
  for (const record of input.records) {
    const { name, uid, shell } = readRecord(record);
    if (name !== undefined && uid !== undefined) take(name, uid, shell);
  }
  // A line of passwd that starts with + takes in accounts of NIS (nsswitch.conf(5), compat mode).
  const plus = lines.some((line) => line.startsWith('+'));
  const directory = findDirectory(input.nsswitch, input.sssdSockets) ?? (plus ? 'nis' : undefined);
  if (names.size === 0 && directory === undefined) return { kind: 'alone' };
  return {
    kind: 'others',
    accounts: [...names].slice(0, namedAccounts),
    count: names.size,
    ...(directory === undefined ? {} : { directory }),
  };
}

function readFirstUid(loginDefs: string | undefined): number {
  const [, value] = /^[ \t]*UID_MIN[ \t]+(\d{1,10})/m.exec(loginDefs ?? '') ?? [];
  return value === undefined ? usualFirstUid : Number(value);
}

/** The first service behind `passwd:` that can know accounts from elsewhere. */
function findDirectory(
  nsswitch: string | undefined,
  sssdSockets: readonly string[] | undefined,
): string | undefined {
  const services = (nsswitch ?? '')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => /^passwd(?:_compat)?\s*:/.test(line))
    .flatMap((line) => line.replace(/^\w+\s*:/, '').split(/\s+|\[[^\]]*\]/))
    .filter((word) => word !== '');
  return services.find((service) => {
    if (localServices.has(service)) return false;
    // Fedora names sss on every host; where nothing serves its socket, it knows nobody.
    if (service === 'sss') return sssdSockets === undefined || sssdSockets.includes('nss');
    return true;
  });
}

function readRecord(text: string): {
  readonly name: string | undefined;
  readonly uid: number | undefined;
  readonly shell: string;
} {
  try {
    const { userName, uid, shell } = JSON.parse(text) as Record<string, unknown>;
    return {
      name: typeof userName === 'string' ? userName : undefined,
      uid: typeof uid === 'number' ? uid : undefined,
      shell: typeof shell === 'string' ? shell : '',
    };
  } catch {
    return { name: undefined, uid: undefined, shell: '' };
  }
}

/** `anna and 3 others`, `accounts of ldap`: for a line about who can reach something. */
export function describePeople(people: People & { readonly kind: 'others' }): string {
  const { accounts, count, directory } = people;
  const [first] = accounts;
  const more = count - 1;
  if (first === undefined) return `every account of ${directory ?? 'the directory'}`;
  const named = more === 0 ? first : `${first} and ${more} other${more === 1 ? '' : 's'}`;
  return directory === undefined ? named : `${named}, and every account of ${directory}`;
}
