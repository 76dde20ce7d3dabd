import {
  parseAccounts,
  parseGroups,
  type AccountEntry,
  type GroupEntry,
} from '../facts/accounts.ts';
import { ancestors } from '../facts/memory.ts';
import { holdsGroup, parseProcessStatus } from '../facts/process-status.ts';
import type { AccountFacts, DeviceFacts } from '../facts/machine-facts.ts';
import { findKvmRules, type UdevRule } from '../facts/udev.ts';
import { ruleFile } from '../fixes/commands.ts';
import { kvmDevice } from '../kvm-on-this-host.ts';
import { mayEverybody } from '../source/describe-file.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';

/** Where udev reads rules; a file in an earlier folder hides its namesakes in later ones. */
const ruleFolders = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/local/lib/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d',
];

/** Who runs this, by the kernel's word and by the account database's. */
export async function gatherAccount(
  source: HostSource,
  ask: Ask,
): Promise<{ readonly account: AccountFacts; readonly entry: AccountEntry | undefined }> {
  const [statusText, passwd] = await Promise.all([
    ask('/proc/self/status', async () => await source.readText('/proc/self/status')),
    ask('/etc/passwd', async () => await source.readText('/etc/passwd')),
  ]);
  const status = statusText === undefined ? undefined : parseProcessStatus(statusText);
  const uid = source.user.uid ?? status?.uids[1];
  const accounts = parseAccounts(passwd ?? '');
  const entry =
    accounts.find((each) => each.uid === uid && each.name === (source.user.name ?? each.name)) ??
    accounts.find((each) => each.name === source.user.name);
  const account = {
    name: source.user.name ?? entry?.name ?? source.env['USER'] ?? source.env['LOGNAME'],
    uid: uid ?? entry?.uid,
    primaryGid: entry?.gid ?? source.user.gid ?? status?.gids[0],
    inPasswd: passwd === undefined || entry !== undefined,
    status,
    sudoUser: findSudoUser(source.env['SUDO_USER'], uid, accounts),
  };
  return { account, entry };
}

/** sudo tells in SUDO_USER who ran it (sudo(8)). */
function findSudoUser(
  name: string | undefined,
  uid: number | undefined,
  accounts: readonly AccountEntry[],
): AccountFacts['sudoUser'] {
  if (uid !== 0 || name === undefined || name === '' || name === 'root') return undefined;
  const entry = accounts.find((each) => each.name === name);
  return { name, primaryGid: entry?.gid, inPasswd: entry !== undefined };
}

/** /dev/kvm, whether it opens, and when it does not, everything that tells why. */
export async function gatherDevice(
  source: HostSource,
  account: AccountFacts,
  ask: Ask,
): Promise<DeviceFacts> {
  const [file, errno, groupText] = await Promise.all([
    ask('stat /dev/kvm', async () => await source.stat(kvmDevice)),
    ask('open /dev/kvm', async () => (await source.openReadWrite(kvmDevice)) ?? 'none'),
    ask('/etc/group', async () => await source.readText('/etc/group')),
  ]);
  const groups = parseGroups(groupText ?? '');
  const refused = file?.type === 'chr' && errno !== 'none';
  const unusable = file === undefined || refused;
  const forEverybody =
    file?.type === 'chr' &&
    mayEverybody(file) &&
    account.uid !== 0 &&
    !(account.status !== undefined && holdsGroup(account.status, file.gid));
  const group = await findDeviceGroup(source, ask, groups, file?.gid, refused);
  const session = account.status;
  const lacksGroup =
    refused && group !== undefined && session !== undefined && !holdsGroup(session, group.gid);
  return {
    file,
    errno: errno === 'none' ? undefined : (errno ?? 'unknown'),
    group,
    kvmGroup: groups.find((each) => each.name === 'kvm'),
    groupInFile: groups.some((each) => each.gid === group?.gid),
    forEverybody,
    deniedBy: errno === 'EPERM' ? await findDenial(source, ask) : undefined,
    rules: unusable || forEverybody ? await findRules(source, ask) : [],
    ruleFileExists:
      unusable && (await ask(ruleFile, async () => await source.stat(ruleFile))) !== undefined,
    staleManager: lacksGroup ? await findManager(source, ask, account.uid, group.gid) : undefined,
    lingers:
      lacksGroup &&
      account.name !== undefined &&
      (await source.stat(`/var/lib/systemd/linger/${account.name}`)) !== undefined,
  };
}

/**
 * Version 1 of control groups lists the devices that a group may use, in a file that
 * everybody may read (devices.list: `c 10:232 rwm`, `a *:* rwm`); version 2 has a program
 * instead, which nobody sees.
 */
async function findDenial(source: HostSource, ask: Ask): Promise<DeviceFacts['deniedBy']> {
  const read = async (path: string): Promise<string | undefined> =>
    await ask(path, async () => await source.readText(path));
  const own = /^\d+:(?:[^:]*,)?devices(?:,[^:]*)?:(\/.*)$/m.exec(
    (await read('/proc/self/cgroup')) ?? '',
  )?.[1];
  if (own === undefined) return undefined;
  for (const folder of ancestors('/sys/fs/cgroup/devices', own)) {
    const path = `${folder}/devices.list`;
    const list = await read(path);
    if (list === undefined) continue;
    return /^(a|c (10|\*):(232|\*) \w*r\w*w)/m.test(list) ? undefined : { path };
  }
  return undefined;
}

/** The database knows more members than the file where accounts come from a server. */
async function findDeviceGroup(
  source: HostSource,
  ask: Ask,
  groups: readonly GroupEntry[],
  gid: number | undefined,
  refused: boolean,
): Promise<GroupEntry | undefined> {
  if (gid === undefined) return undefined;
  const inFile = groups.find((each) => each.gid === gid);
  if (inFile !== undefined && !refused) return inFile;
  const line = await ask(`getent group ${gid}`, async () => await source.findGroup(gid));
  const inDatabase = parseGroups(line ?? '').find((each) => each.gid === gid);
  if (inDatabase === undefined) return inFile;
  const members = new Set([...(inFile?.members ?? []), ...inDatabase.members]);
  return { ...inDatabase, members: [...members] };
}

async function findRules(source: HostSource, ask: Ask): Promise<UdevRule[]> {
  const seen = new Set<string>();
  const rules: UdevRule[] = [];
  for (const folder of ruleFolders) {
    const names = (await ask(folder, async () => await source.list(folder))) ?? [];
    for (const name of names.filter((each) => each.endsWith('.rules') && !seen.has(each))) {
      seen.add(name);
      const path = `${folder}/${name}`;
      const text = await ask(path, async () => await source.readText(path));
      rules.push(...findKvmRules(path, text ?? ''));
    }
  }
  // udev applies them by their files' names, whatever the folder.
  return rules.toSorted((a, b) => compare(nameOf(a.path), nameOf(b.path)));
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A systemd of the user's own that was started before the user got the group hands the old groups on. */
async function findManager(
  source: HostSource,
  ask: Ask,
  uid: number | undefined,
  gid: number,
): Promise<DeviceFacts['staleManager']> {
  const pids = (await ask('/proc', async () => await source.list('/proc'))) ?? [];
  for (const pid of pids.filter((name) => /^\d+$/.test(name) && name !== '1')) {
    const text = await source.readText(`/proc/${pid}/status`);
    if (text === undefined) continue;
    const status = parseProcessStatus(text);
    const comm = status.name ?? (await source.readText(`/proc/${pid}/comm`))?.trim();
    if (comm !== 'systemd' || status.uids[0] !== uid || holdsGroup(status, gid)) continue;
    return { pid: Number(pid), name: `user@${uid}.service` };
  }
  return undefined;
}
