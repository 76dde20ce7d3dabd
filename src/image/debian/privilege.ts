import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { execa } from 'execa';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { buildPath } from './build-tools.ts';

/**
 * Puts a command where it owns the new root: as it is for root, inside a user
 * namespace with the user's range of ids mapped for everybody else.
 */
export type AsOwner = (argv: readonly string[]) => readonly string[];

export function asOwner(uid: number): AsOwner {
  return uid === 0 ? (argv) => argv : (argv) => ['mmdebstrap', '--unshare-helper', ...argv];
}

/**
 * Throws `host-not-ready` where a user without root cannot make a user namespace
 * with a range of ids, with the one thing that an administrator has to change.
 */
export async function requireNamespaces(
  env: Environment,
  uid: number,
  signal: AbortSignal,
): Promise<void> {
  if (uid === 0) return;
  const { username } = userInfo();
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    if (hasIdRange(readText(file), username, uid)) continue;
    throw new UtopiaError(
      'host-not-ready',
      `Building without root needs a range of ids for ${username}, and ${file} has none.`,
      { hint: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}` },
    );
  }
  const [program = '', ...args] = asOwner(uid)(['true']);
  const trial = await execa(program, args, {
    env: { PATH: buildPath(env) },
    reject: false,
    cancelSignal: signal,
    timeout: 20_000,
  });
  signal.throwIfAborted();
  if (trial.exitCode === 0) return;
  throw new UtopiaError(
    'host-not-ready',
    'Building without root needs user namespaces, and this system does not allow them.',
    {
      details: trial.stderr.split('\n').slice(-3),
      hint: namespaceHint((name) => readText(`/proc/sys/${name}`).trim()),
    },
  );
}

/** Whether a text like /etc/subuid gives the user, by name or number, ids enough for Debian (65536). */
export function hasIdRange(text: string, username: string, uid: number): boolean {
  return text.split('\n').some((line) => {
    const [owner, , count] = line.split(':');
    return (owner === username || owner === String(uid)) && Number(count) >= 65_536;
  });
}

/** The setting that forbids user namespaces, as the command that changes it; reads below /proc/sys. */
export function namespaceHint(readSetting: (name: string) => string): string {
  if (readSetting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if (readSetting('kernel/unprivileged_userns_clone') === '0') {
    return 'sudo sysctl kernel.unprivileged_userns_clone=1';
  }
  if (readSetting('user/max_user_namespaces') === '0') {
    return 'sudo sysctl user.max_user_namespaces=15000';
  }
  return 'Build the image as root, once:  sudo utopia image build -o FILE';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
