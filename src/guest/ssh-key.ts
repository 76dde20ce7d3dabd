import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { saysOutOfRoom } from '../system/out-of-space.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { draftPath, placeFile, removeDrafts, writeFileAtomically } from '../system/atomic-file.ts';
import { missingProgram } from './ssh-trouble.ts';
import { readRegularText } from '../system/regular-file.ts';
import { makeFolder } from '../system/make-folder.ts';
import { isReachable } from '../system/look.ts';

/** What a machine's ssh folder holds. It belongs to the overlay: a reset moves both away. */
export interface SshFiles {
  readonly knownHostsFile: string;
  readonly identityFile: string;
  /** Exists once the key is in this account's authorized_keys. */
  readonly installedMark: (login: string) => string;
  /** Exists while the guest was told to take keys alone. */
  readonly keyOnlyMark: string;
}

export function sshFiles(sshDir: string): SshFiles {
  return {
    knownHostsFile: join(sshDir, 'known_hosts'),
    identityFile: join(sshDir, 'id_ed25519'),
    keyOnlyMark: join(sshDir, 'key-only'),
    installedMark: (login) => join(sshDir, `installed-${encodeURIComponent(login)}`),
  };
}

/**
 * Makes the machine's own ed25519 key pair where there is none, without a
 * passphrase: it opens nothing but this guest. Gives the public key's line. Calls
 * at the same moment, from several processes too, agree on one pair.
 */
export async function ensureMachineKey(sshDir: string, comment: string): Promise<string> {
  const { identityFile } = sshFiles(sshDir);
  const publicFile = `${identityFile}.pub`;
  await makeFolder(sshDir, { mode: 0o700 });
  if (!(await isReachable(identityFile))) {
    await removeDrafts(identityFile);
    const draft = draftPath(identityFile);
    await mkdir(draft, { mode: 0o700 });
    try {
      await generateKey(join(draft, 'key'), comment, 'ed25519');
      // Whoever is first gives the pair; the others drop theirs.
      await placeFile(join(draft, 'key'), identityFile);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    // One without its private half was left by a call that was killed.
    await writePublicHalf(identityFile);
  } else if (!(await isReachable(publicFile))) {
    await writePublicHalf(identityFile);
  }
  return (await readRegularText(publicFile)).trim();
}

/** Beside the private key, from it: two that do this at once write the same. */
async function writePublicHalf(identityFile: string): Promise<void> {
  const { stdout } = await sshKeygen(['-y', '-f', identityFile]);
  await writeFileAtomically(`${identityFile}.pub`, `${stdout}\n`, { mode: 0o600 });
}

/** Makes a key pair without a passphrase in `file` and `file`.pub. Throws `ssh-unavailable` without ssh-keygen. */
export async function generateKey(file: string, comment: string, type: string): Promise<void> {
  await sshKeygen(['-q', '-t', type, '-N', '', '-C', comment, '-f', file]);
}

async function sshKeygen(args: readonly string[]): Promise<{ readonly stdout: string }> {
  // Most calls find a key that was made before, and an up waits for what this file loads.
  const { execa } = await import('execa');
  const result = await execa('ssh-keygen', args, {
    ...{ stdin: 'ignore', timeout: 30_000, reject: false },
    env: { LC_ALL: 'C' },
  } as const);
  if (!result.failed) return result;
  if (result.code === 'ENOENT') throw missingProgram('ssh-keygen');
  const file = args[args.indexOf('-f') + 1] ?? '';
  throw explainKeygen(result.stderr, dirname(file), result);
}

/** Why ssh-keygen has made no key, by its words. */
function explainKeygen(stderr: string, folder: string, cause: unknown): UtopiaError {
  const details = stderr.trim().split('\n').slice(-3);
  if (saysOutOfRoom(stderr)) {
    return new UtopiaError('disk-full', `No room for a key in ${folder}.`, {
      ...{ details, cause },
      hint: `Free some space there, then again: df -h ${quoteForShell(folder)}`,
    });
  }
  const uid = /No user exists for uid (\d+)/.exec(stderr)?.[1];
  if (uid !== undefined) {
    return new UtopiaError(
      'program-missing',
      `User id ${uid} has no account here, and OpenSSH works for accounts alone.`,
      {
        ...{ details, cause },
        hint: `Give it one (useradd -u ${uid} NAME), or run utopia as a user that has one.`,
      },
    );
  }
  return new UtopiaError('ssh-unavailable', `ssh-keygen has made no key in ${folder}.`, {
    ...{ details, cause },
    hint: `Look at owners and modes on the way to it: namei -l ${quoteForShell(folder)}`,
  });
}

/**
 * Shell text that adds a key to the account's authorized_keys, once, and leaves
 * folder and file as sshd wants them. Any login shell can run it.
 */
export function installKeyCommand(publicKey: string): string {
  if (/['\\\n]/.test(publicKey)) throw new Error('a public key is one line without quotes');
  const steps = [
    'umask 077',
    'cd',
    'mkdir -p .ssh',
    'chmod 700 .ssh',
    'touch .ssh/authorized_keys',
    'chmod 600 .ssh/authorized_keys',
    // A last line without newline must not swallow ours.
    'if [ -s .ssh/authorized_keys ] && [ -n "$(tail -c 1 .ssh/authorized_keys)" ]; then echo >>.ssh/authorized_keys; fi',
    `grep -qxF "${publicKey}" .ssh/authorized_keys || echo "${publicKey}" >>.ssh/authorized_keys`,
  ];
  return `exec sh -c '${steps.join(' && ')}'`;
}

/** Whether the key was put into this account before. */
export async function isKeyInstalled(files: SshFiles, login: string): Promise<boolean> {
  return isReachable(files.installedMark(login));
}

export async function markKeyInstalled(files: SshFiles, login: string): Promise<void> {
  await writeFile(files.installedMark(login), '', { mode: 0o600 });
}

/** The guest did not take the key: the next login tries the password first again. */
export async function forgetKeyInstalled(files: SshFiles, login: string): Promise<void> {
  await rm(files.installedMark(login), { force: true });
}

/** Whether this guest, by what is known of it, takes keys alone over SSH. */
export async function isKeyOnly(sshDir: string): Promise<boolean> {
  return isReachable(sshFiles(sshDir).keyOnlyMark);
}

export async function markKeyOnly(sshDir: string, keyOnly: boolean): Promise<void> {
  const { keyOnlyMark } = sshFiles(sshDir);
  if (keyOnly) await writeFile(keyOnlyMark, '', { mode: 0o600 });
  else await rm(keyOnlyMark, { force: true });
}
