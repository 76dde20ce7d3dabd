import { parseAccounts } from '../facts/accounts.ts';
import type { AccountFacts, DeviceFacts } from '../facts/machine-facts.ts';
import type { Secrets } from '../redact.ts';
import type { HostSource } from '../source/host-source.ts';

/** People's accounts; below are the system's, whose names say nothing about anybody. */
const firstPersonId = 1000;
/** `nobody`, which is nobody. */
const nobodyId = 65_534;
/** Readable by root only, and only on machines that have them. */
const serialFiles = [
  '/sys/class/dmi/id/product_serial',
  '/sys/class/dmi/id/product_uuid',
  '/sys/class/dmi/id/board_serial',
  '/sys/class/dmi/id/chassis_serial',
  '/sys/class/dmi/id/chassis_asset_tag',
  '/etc/machine-id',
];
/** What a board without a serial number says instead. */
const noSerial = /^(none|default string|to be filled.*|not specified|0+|unknown|n\/a|)$/i;

/** Collects what a report must not tell about a host and its users. `home` is the user's own. */
export async function gatherSecrets(
  source: HostSource,
  home: string,
  account: AccountFacts,
  device: DeviceFacts,
): Promise<Secrets> {
  const read = async (path: string): Promise<string> =>
    ((await source.readText(path).catch(() => undefined)) ?? '').trim();
  const accounts = parseAccounts(await read('/etc/passwd'));
  const people = accounts.filter(
    ({ uid, name }) =>
      (uid >= firstPersonId && uid !== nobodyId) || (name === account.name && uid !== 0),
  );
  const { USER: user, LOGNAME: login, SUDO_USER: sudoer } = source.env;
  const names = [
    account.name,
    user,
    login,
    sudoer,
    ...people.map(({ name }) => name),
    ...(device.group?.members ?? []),
    ...(device.kvmGroup?.members ?? []),
  ];
  const hosts = [
    await read('/proc/sys/kernel/hostname'),
    await read('/etc/hostname'),
    source.env['HOSTNAME'] ?? '',
  ].flatMap((name) => [name, name.split('.')[0] ?? '']);
  const serials = await Promise.all(serialFiles.map(read));
  return {
    homes: distinct([home, source.env['HOME'] ?? '', ...people.map((each) => each.home)]).filter(
      (path) => path.startsWith('/') && path !== '/',
    ),
    users: distinct(names.filter((name) => name !== undefined)).filter((name) => name !== 'root'),
    hosts: distinct(hosts).filter((name) => name !== 'localhost'),
    serials: distinct(serials).filter((serial) => !noSerial.test(serial)),
  };
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => word !== '');
}
