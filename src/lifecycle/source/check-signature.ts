import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';

/** What a signature came to. */
export interface SignatureVerdict {
  /** In words: `signed by …`, or why it was not checked. */
  readonly signature: string;
  readonly isVerified: boolean;
}

/** A list of checksums, and what its signature came to. */
export interface SignedText extends SignatureVerdict {
  readonly text: string;
}

/** How the user gets a key that gpg does not have: a command. */
export type KeyCommand = string;

/**
 * Looks at the signature of a clearsigned text with the user's gpg and keys; what was signed is what
 * counts then. Where gpg or the key is missing, that is said. Throws `checksum-mismatch` for a
 * signature that is wrong.
 */
export async function checkSignature(
  signed: string,
  keyCommand: KeyCommand,
  { env, signal }: GpgRun,
): Promise<SignedText> {
  if (!signed.includes('-----BEGIN PGP SIGNED MESSAGE-----')) {
    return { text: signed, signature: 'not signed', isVerified: false };
  }
  const ran = await runGpg(['--decrypt'], signed, { env, signal });
  const verdict = judge(ran, 'The list of checksums has a wrong signature.', keyCommand);
  return { text: verdict.isVerified ? (ran?.text ?? '') : signed, ...verdict };
}

/** The same for a signature that stands in a file of its own. `file` is absolute: what it signs. */
export async function checkDetachedSignature(
  file: string,
  signature: Buffer,
  keyCommand: KeyCommand,
  { env, signal }: GpgRun,
): Promise<SignatureVerdict> {
  const ran = await runGpg(['--verify', '-', file], signature, { env, signal });
  return judge(ran, 'The archive has a wrong signature.', keyCommand);
}

interface GpgRun {
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** What gpg has printed, and its status lines (doc/DETAILS of GnuPG); undefined without gpg. */
async function runGpg(
  args: readonly string[],
  input: string | Buffer,
  { env, signal }: GpgRun,
): Promise<{ readonly text: string; readonly said: string } | undefined> {
  const gpg = await findProgram('gpg', env);
  if (gpg === undefined) return undefined;
  const child = spawn(gpg, ['--batch', '--no-tty', '--status-fd', '2', ...args], {
    env: { ...env, LC_ALL: 'C' },
    signal,
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let [text, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await ended;
  return { text, said };
}

function judge(
  ran: { readonly said: string } | undefined,
  wrong: string,
  keyCommand: KeyCommand,
): SignatureVerdict {
  if (ran === undefined) return unchecked('there is no gpg');
  const { said } = ran;
  if (/^\[GNUPG:\] BADSIG /m.test(said)) {
    throw new UtopiaError('checksum-mismatch', wrong, {
      hint: 'Somebody has changed it. Try again later, or from another server: --from URL',
    });
  }
  const signer = /^\[GNUPG:\] GOODSIG \S+ (.+)$/m.exec(said)?.[1];
  if (signer !== undefined) return { signature: `signed by ${signer}`, isVerified: true };
  const old = /^\[GNUPG:\] (EXP|REV)KEYSIG (\S+)/m.exec(said);
  if (old !== null) {
    return unchecked(`its key ${old[2] ?? ''} ${old[1] === 'EXP' ? 'has expired' : 'was revoked'}`);
  }
  const key = /^\[GNUPG:\] NO_PUBKEY (\w+)$/m.exec(said)?.[1];
  return unchecked(key === undefined ? 'gpg could not' : `gpg has no key ${key} (${keyCommand})`);
}

function unchecked(why: string): SignatureVerdict {
  return { signature: `signature not checked: ${why}`, isVerified: false };
}
