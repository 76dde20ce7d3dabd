import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../system/atomic-file.ts';
import type { AgentFile } from './agent.ts';
import { agentFiles } from './agent-start.ts';
import { quoteWord } from './ssh-argv.ts';
import { generateKey, sshFiles } from './ssh-key.ts';
import { readRegularText } from '../system/regular-file.ts';
import { makeFolder } from '../system/make-folder.ts';

/** A host key of a guest: its kind as in the file's name, `ed25519`, and both halves. */
export interface HostKey {
  readonly kind: string;
  readonly privateText: string;
  /** Type, key and comment, without the end of the line. */
  readonly publicText: string;
}

/** Shell text that names the host keys of a guest, for parseHostKeyKinds. */
export const listHostKeysScript = 'cd /etc/ssh && echo ssh_host_*_key';

/** What a machine from a base must not have: the seed that its twins would mix in, too, and the agent. */
export const leftoverFiles: readonly string[] = ['/var/lib/systemd/random-seed', ...agentFiles];

const putAside = '/run/utopia-keys';
const settingsCopy = '/run/utopia-ssh';

/** The named pipe at which sshd waits for its first host key. */
export function hostKeyPipe(kind: string): string {
  return `${settingsCopy}/ssh_host_${kind}_key`;
}

/**
 * Shell text that has sshd start anew (SIGHUP) and wait for a host key of this kind, at a
 * named pipe in a copy of its settings that lies over /etc/ssh: whatever becomes of the
 * guest, no pipe is on its disk. The other keys are nowhere meanwhile.
 */
export function awaitHostKeysScript(kind: string): string {
  return [
    'read -r server </run/sshd.pid || exit 1',
    `cp -a /etc/ssh ${settingsCopy} && rm -f ${settingsCopy}/ssh_host_*_key* || exit 1`,
    `mkfifo -m 600 ${hostKeyPipe(kind)} && mkdir -m 700 ${putAside} || exit 1`,
    `mv /etc/ssh/ssh_host_*_key* ${putAside}/ && mount --bind ${settingsCopy} /etc/ssh || exit 1`,
    'kill -HUP "$server"',
  ].join('\n');
}

/**
 * Shell text for when sshd waits, or does not: then it is started with the keys it had.
 * Where it waits and a boot makes new ones, they are gone for good.
 */
export function uncoverHostKeysScript(waits: boolean): string {
  const remakes = '[ -e /etc/systemd/system/utopia-host-keys.service ]';
  const restart = 'systemctl restart ssh 2>/dev/null || systemctl restart sshd';
  return [
    // What lies over it has the pipe in it; a guest may have mounts of its own there.
    'for key in /etc/ssh/ssh_host_*_key; do if [ -p "$key" ]; then umount -l /etc/ssh; break; fi; done',
    `${waits ? `${remakes} || ` : ''}mv ${putAside}/* /etc/ssh/`,
    `rm -rf ${putAside} ${settingsCopy}; sync`,
    ...(waits ? [] : [restart]),
  ].join('\n');
}

/** The files of these host keys, for a guest whose sshd waits for them: the private half of the first one comes first. Pure. */
export function hostKeyFiles(keys: readonly HostKey[]): AgentFile[] {
  return keys.flatMap(({ kind, privateText, publicText }) => {
    const path = `/etc/ssh/ssh_host_${kind}_key`;
    return [
      { path, mode: '0600', text: privateText },
      { path: `${path}.pub`, mode: '0644', text: `${publicText}\n` },
    ];
  });
}

/** In the order in which sshd reads them (sshd_config(5), HostKey); nobody should have other ones any more. */
export const hostKeyKinds: readonly string[] = ['rsa', 'ecdsa', 'ed25519'];

/** Kinds of host keys in what that script printed, in sshd's order. Pure. */
export function parseHostKeyKinds(text: string): string[] {
  return hostKeyKinds.filter((kind) => new RegExp(`\\bssh_host_${kind}_key\\b`).test(text));
}

/**
 * Makes host keys on this host, where it takes milliseconds that would be tenths of
 * seconds in an emulated guest. `folder` is the user's alone; nothing stays there.
 */
export async function makeHostKeys(folder: string, kinds: readonly string[]): Promise<HostKey[]> {
  await makeFolder(folder, { mode: 0o700 });
  const draft = await mkdtemp(join(folder, 'host-keys-'));
  try {
    return await Promise.all(
      kinds.map(async (kind) => {
        const file = join(draft, kind);
        await generateKey(file, 'utopia', kind);
        const [privateText, publicText] = await Promise.all([
          readRegularText(file),
          readRegularText(`${file}.pub`),
        ]);
        return { kind, privateText, publicText: publicText.trim() };
      }),
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Shell text for root in a guest that went on from a warm base, run by the agent: see
 * newIdentityScript. It says `ready` when that is done. At last, behind our back, it ends the
 * agent: a machine that one works in is then as after a boot. `between` is shell text that is
 * run before the end.
 */
export function freshIdentityScript(keys: readonly HostKey[], between: string): string {
  return String.raw`
${newIdentityScript(keys)}
${between}
agent=$PPID
sync
(sleep 0.2; kill -KILL "$agent") </dev/null >/dev/null 2>&1 &
echo ready
`.trim();
}

/**
 * Shell text for root in a guest that has twins: these host keys take the place of those that
 * they have, too, and it ends when nobody listens any more who knows the old ones. The seed that
 * the next boot would mix in goes. Almost all is done by the shell itself: each program costs an
 * emulated guest a tenth of a second.
 */
export function newIdentityScript(keys: readonly HostKey[]): string {
  return String.raw`
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /etc/ssh || exit 1
listener() {
  for table in /proc/net/tcp /proc/net/tcp6; do
    [ -r $table ] && while read -r _ local _ state _ _ _ _ _ inode _; do
      case $state$local in 0A*:0016) echo "$inode" ;; esac
    done <$table
  done
}
rm -f ssh_host_* ${leftoverFiles.join(' ')}
${keys.map(writeKey).join('\n')}
before=$(listener)
if [ -z "$before" ]; then : # it waits for its keys, or starts: it reads these
elif read -r server </run/sshd.pid && kill -HUP "$server"; then
  tries=0
  while [ "$(listener)" = "$before" ] && [ $((tries += 1)) -lt 200 ]; do sleep 0.02; done
else
  systemctl try-restart ssh sshd
fi 2>/dev/null
`.trim();
}

function writeKey({ kind, privateText, publicText }: HostKey): string {
  const file = `ssh_host_${kind}_key`;
  return [
    `(umask 077; printf %s ${quoteWord(privateText)} >${file}) || exit 1`,
    `(umask 022; printf '%s\\n' ${quoteWord(publicText)} >${file}.pub) || exit 1`,
  ].join('\n');
}

/** Makes these the host keys by which this machine is known, in place of any before. */
export async function knowHostKeys(
  sshDir: string,
  machineId: string,
  keys: readonly HostKey[],
): Promise<void> {
  const lines = keys.map(({ publicText }) => {
    const [type, key] = publicText.split(' ');
    return `utopia-${machineId} ${type} ${key}\n`;
  });
  await writeFileAtomically(sshFiles(sshDir).knownHostsFile, lines.join(''), { mode: 0o600 });
}
