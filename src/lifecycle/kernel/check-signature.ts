import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from './host-needs.ts';

/** A list of checksums, and what its signature came to, in words. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
  readonly isVerified: boolean;
}

/**
 * Looks at the signature of a clearsigned text with the user's gpg and keys; what was signed is what
 * counts then. Where gpg or the key is missing, that is said. Throws `checksum-mismatch` for a
 * signature that is wrong.
 */
export async function checkSignature(
  signed: string,
  env: Environment,
  signal: AbortSignal,
): Promise<SignedText> {
  const unchecked = (signature: string): SignedText => {
    return { text: signed, signature, isVerified: false };
  };
  if (!signed.includes('-----BEGIN PGP SIGNED MESSAGE-----')) return unchecked('not signed');
  const gpg = await findProgram('gpg', env);
  if (gpg === undefined) return unchecked('signature not checked: there is no gpg');
  const child = spawn(gpg, ['--batch', '--no-tty', '--status-fd', '2', '--decrypt'], {
    env: { ...env, LC_ALL: 'C' },
    signal,
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let [text, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(signed);
  await ended;
  const signer = /^\[GNUPG:\] GOODSIG \S+ (.+)$/m.exec(said)?.[1];
  if (signer !== undefined) return { text, signature: `signed by ${signer}`, isVerified: true };
  if (/^\[GNUPG:\] BADSIG /m.test(said)) {
    throw new UtopiaError('checksum-mismatch', 'The list of checksums has a wrong signature.', {
      hint: 'Somebody has changed it. Try again later, or from another server: --from URL',
    });
  }
  const key = /^\[GNUPG:\] NO_PUBKEY (\w+)$/m.exec(said)?.[1];
  return unchecked(
    key === undefined
      ? 'signature not checked: gpg could not'
      : `signature not checked: gpg has no key ${key} (gpg --locate-keys autosigner@kernel.org)`,
  );
}
