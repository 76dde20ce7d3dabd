import { UtopiaError } from '../../errors.ts';
import { runInGuest, type GuestAccess } from '../../guest/ssh.ts';
import { exactCommand, quoteWord } from '../../guest/ssh-argv.ts';
import type { SshResult } from '../../guest/ssh-program.ts';

/** Where the guest keeps the number of the command's process group. */
const groupFile = '/run/utopia-command';

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

/** Shell text that mounts the share at this folder of the guest. Pure. */
export function mountScript(folder: string, writable: boolean): string {
  const options = [
    ...['trans=virtio', 'version=9p2000.L', 'msize=512000', 'cache=none'],
    writable ? 'rw' : 'ro',
  ];
  const place = quoteWord(folder);
  return `mkdir -p ${place} && mount -t 9p -o ${options.join(',')} shared ${place}`;
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
  return `exec sh -c ${quoteWord(steps.join('\n'))}`;
}

/** Mounts the share. Throws `guest-refused` in the guest's words. */
export async function mountShare(
  access: GuestAccess,
  folder: string,
  writable: boolean,
): Promise<void> {
  const { status, stderr } = await runInGuest(
    access,
    `exec sh -c ${quoteWord(mountScript(folder, writable))}`,
    { timeoutMs: 60_000 },
  );
  if (status === 0) return;
  throw new UtopiaError('guest-refused', 'The guest cannot mount this folder.', {
    details: stderr.trim().split('\n').slice(-5),
    hint: 'Its kernel needs 9p: CONFIG_NET_9P_VIRTIO and CONFIG_9P_FS.',
  });
}

/** Runs the command there. `capture` keeps what it prints instead of passing it through. */
export async function runThere(
  access: GuestAccess,
  words: readonly string[],
  folder: string,
  capture: boolean,
): Promise<SshResult> {
  return await runInGuest(access, commandScript(words, folder), {
    stdio: capture ? 'capture' : 'inherit',
  });
}

/** Sends a signal to the command and its children. One that has ended meanwhile takes none. */
export async function signalThere(access: GuestAccess, signal: NodeJS.Signals): Promise<void> {
  const name = signal.replace(/^SIG/, '');
  await runInGuest(access, `kill -${name} -- -$(cat ${groupFile})`, { timeoutMs: 30_000 });
}
