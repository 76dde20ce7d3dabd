import { shareOptions } from '../share-options.ts';
import { quoteWord } from './ssh-argv.ts';

/** Where images of ours have the share; the guide's place for it. */
export const shareFolder = '/home/user/shared';
/** Where the guide mounts the host by sshfs. */
export const hostFolder = '/home/user/host';

/** QEMU's user network: the guest reaches the host itself under this address. */
const hostInGuest = '10.0.2.2';

/** As in our images. */
const shareHere = `${shareOptions},access=client`;

/** What became of the share, as the script below prints it. */
export interface ShareReport {
  /** `there`: it was mounted before. */
  readonly end: 'mounted' | 'there' | 'occupied' | 'no-9p' | 'failed';
  /** Type of what is mounted there instead, or mount's complaint. */
  readonly detail: string;
  /** User id that the folder's files belong to, as the guest sees it. */
  readonly owner: number | undefined;
  /** User id of `user` in the guest; undefined where there is no such account. */
  readonly user: number | undefined;
}

/**
 * For root's shell (POSIX): mounts the share of tag `shared` on `folder` and, with
 * `keep`, enters it into /etc/fstab, unless something mounts it at boot already.
 */
export function shareScript(folder: string, keep: boolean): string {
  return `at=${quoteWord(folder)}
say() { echo "end $1"; echo "detail $2"; echo "owner $(stat -c %u "$at" 2>/dev/null)"; echo "user $(id -u user 2>/dev/null)"; exit 0; }
kind() { while read -r dev dir type rest; do [ "$dir" = "$at" ] && found=$type; done </proc/mounts; echo "$found"; }
# An automount shows its file system once somebody looks.
ls "$at" >/dev/null 2>&1
case $(kind) in
  9p) say there ;;
  ''|autofs) ;;
  *) say occupied "$(kind)" ;;
esac
grep -qw 9p /proc/filesystems || { modprobe 9pnet_virtio && modprobe 9p; } 2>/dev/null
grep -qw 9p /proc/filesystems || say no-9p
mkdir -p "$at"
complaint=$(mount -t 9p -o ${shareHere} shared "$at" 2>&1) || say failed "$complaint"
${keep ? `grep -qsE '^[^#[:space:]]+[[:space:]]+'"$at"'[[:space:]]' /etc/fstab || echo "shared $at 9p ${shareHere},nofail,x-systemd.automount 0 0" >>/etc/fstab` : ':'}
say mounted`;
}

/** Reads what `shareScript` printed; a script that was cut short has failed. */
export function parseShareReport(text: string): ShareReport {
  const field = (name: string): string =>
    new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const id = (name: string): number | undefined =>
    /^\d+$/.test(field(name)) ? Number(field(name)) : undefined;
  const ends = ['mounted', 'there', 'occupied', 'no-9p'] as const;
  return {
    end: ends.find((each) => each === field('end')) ?? 'failed',
    detail: field('detail'),
    owner: id('owner'),
    user: id('user'),
  };
}

/**
 * For root's shell: mounts a folder of the host by sshfs, as the guide does. What is
 * in it belongs to the guest's `user`, whoever owns it on the host; root may look too.
 */
export function sshfsScript(
  host: { readonly login: string; readonly folder: string },
  folder: string,
): string {
  const source = quoteWord(`${host.login}@${hostInGuest}:${host.folder}`);
  const at = quoteWord(folder);
  const options = 'allow_other,default_permissions,reconnect,ServerAliveInterval=15';
  return `mkdir -p ${at} && exec sshfs -o ${options},uid=$(id -u user),gid=$(id -g user),StrictHostKeyChecking=accept-new ${source} ${at}`;
}
