import { UtopiaError } from '../../errors.ts';
import { shareOptions } from '../../share-options.ts';
import { exactCommand, quoteWord } from '../../guest/ssh-argv.ts';

/** Where the guest keeps the number of the command's process group. */
export const groupFile = '/run/utopia-command';

/** Folders of the guest that a share must not cover, or its programs would be gone. */
const ownFolders: readonly string[] = [
  ...['/', '/bin', '/boot', '/dev', '/etc', '/home', '/lib', '/lib64', '/proc', '/root', '/run'],
  ...['/sbin', '/sys', '/tmp', '/usr', '/usr/bin', '/usr/lib', '/usr/sbin', '/var'],
];

/** Throws `usage` for a folder whose name stands for something of the guest's own. Pure. */
export function checkFolder(folder: string): void {
  const inside = /^\/(?:dev|etc|proc|run|sys|usr)\//.test(folder);
  if (!inside && !ownFolders.includes(folder)) return;
  throw new UtopiaError('usage', `In the guest, ${folder} is a folder of its own system.`, {
    hint: 'Start utopia run in a folder of the lab.',
  });
}

/**
 * What the command may do with the folder it is started in: read it, write to it, or
 * write to it as it sees it, while the host's stays as it is.
 */
export type FolderUse = 'read' | 'write' | 'private';

/** Where the guest has the host's folder below the layer that takes what the command writes. */
export const lowerFolder = '/run/utopia-folder';
/** That layer lies on the copy's disk, which has more room than its memory. */
const layerFolder = '/var/tmp/utopia-layer';

/**
 * Shell text that takes the share away from where the guest itself has mounted it: a
 * device carries one mount, and an image may have the share in its fstab.
 */
const freeShareScript = [
  'while read -r source target type rest; do',
  'if [ "$type $source" = "9p shared" ]; then umount "$(printf %b "$target")"; fi',
  'done </proc/mounts',
].join('\n');

/** Shell text that mounts the share at this folder of the guest, and nowhere else. Pure. */
export function mountScript(folder: string, writable: boolean): string {
  const place = quoteWord(folder);
  const options = `${shareOptions},${writable ? 'rw' : 'ro'}`;
  return `${freeShareScript}\nmkdir -p ${place} && mount -t 9p -o ${options} shared ${place}`;
}

/** Shell text that lays a layer of the copy's own over `lowerFolder`, at this folder. Pure. */
export function layerScript(folder: string): string {
  const place = quoteWord(folder);
  const [upper, work] = [`${layerFolder}/upper`, `${layerFolder}/work`];
  const options = `lowerdir=${lowerFolder},upperdir=${upper},workdir=${work}`;
  return `mkdir -p ${upper} ${work} ${place} && mount -t overlay -o ${options} overlay ${place}`;
}

/** Shell text that writes those of the paths that are there, below the folder, as a tar archive. Pure. */
export function packScript(folder: string, paths: readonly string[]): string {
  return [
    `cd ${quoteWord(folder)} || exit 2`,
    `set -- ${paths.map((path) => quoteWord(`./${path}`)).join(' ')}`,
    'for path do',
    '  shift',
    '  if [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"; fi',
    'done',
    // Also of none, for which tar would complain of an empty archive.
    'tar -cf - -T /dev/null -- "$@"',
  ].join('\n');
}

/**
 * Shell text that runs a command in a folder, and ends with its status: 128 + N
 * for one that signal N ended. A shell stays around it, so that the status does not
 * depend on how a channel tells of signals. Pure.
 */
export function commandScript(words: readonly string[], folder: string): string {
  const steps = [
    `echo $$ >${groupFile}`,
    // Not ignored: the command shall have them as they are by default.
    'trap : HUP INT TERM',
    `cd ${quoteWord(folder)} || exit 126`,
    exactCommand(words),
    'exit $?',
  ];
  return steps.join('\n');
}

/** Shell text that takes the key of our own logins out of root's account, and what it was alone in. Pure. */
export function forgetLoginScript(machineId: string): string {
  const keys = '/root/.ssh/authorized_keys';
  return [
    `sed -i '/ utopia-${machineId}$/d' ${keys}`,
    `[ -s ${keys} ] || rm -f ${keys}; rmdir /root/.ssh 2>/dev/null`,
  ].join('\n');
}
