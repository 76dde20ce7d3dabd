import { guidePassword, openAskpass } from './askpass.ts';
import { connectionOptions } from './ssh-argv.ts';
import { runSshProgram } from './ssh-program.ts';
import { machineTarget, runInGuest } from './ssh.ts';
import type { GuestAccess } from './guest-access.ts';
import { readRegularText } from '../system/regular-file.ts';
import { messageOf } from '../errors.ts';

/** The guide's accounts: everybody knows their passwords. */
export const guideAccounts = ['root', 'user'] as const;

/** What a guest does with the guide's passwords. Only `none` says that they were all refused. */
export type PasswordVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly accounts: readonly string[] }
  /** It could not be found out; half a sentence why. */
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * Tries the guide's passwords as a stranger would: without a key, one attempt an
 * account. A guest that is still starting refuses everybody but root
 * (pam_nologin(8)), which proves nothing: so root looks first, by our own key.
 */
export async function tryGuidePasswords(access: GuestAccess): Promise<PasswordVerdict> {
  const root = { ...access, login: 'root' };
  try {
    const settled =
      'test ! -e /run/nologin && test ! -e /var/run/nologin && test ! -e /etc/nologin';
    if ((await runInGuest(root, settled, { timeoutMs: 60_000 })).status !== 0) {
      return { kind: 'unknown', because: 'the guest is still starting' };
    }
  } catch (error) {
    access.signal.throwIfAborted();
    return { kind: 'unknown', because: messageOf(error) };
  }
  const accepted: string[] = [];
  for (const login of guideAccounts) {
    const answer = await tryPassword({ ...access, login });
    if (answer === 'accepted') accepted.push(login);
    if (answer === 'unknown') {
      return { kind: 'unknown', because: `the login as ${login} ended without an answer` };
    }
  }
  return accepted.length === 0 ? { kind: 'none' } : { kind: 'accepted', accounts: accepted };
}

async function tryPassword(access: GuestAccess): Promise<'accepted' | 'refused' | 'unknown'> {
  const target = machineTarget(access);
  await using askpass = await openAskpass(
    access.runtimeDir,
    access.env,
    guidePassword(access.login),
  );
  const argv = [
    ...['-F', '/dev/null', '-E', askpass.logFile, '-T'],
    ...['-p', String(target.port), '-l', target.login],
    // The first value of an option counts.
    ...['-o', 'PubkeyAuthentication=no'],
    ...['-o', 'PreferredAuthentications=password,keyboard-interactive'],
    ...connectionOptions(target, 1),
    ...['--', target.host, 'true'],
  ];
  const { status } = await runSshProgram('ssh', argv, {
    env: askpass.env,
    signal: access.signal,
    watchLoss: access.watchLoss,
    stdio: 'pipe',
    timeoutMs: 60_000,
    mayAsk: false,
  });
  // A shell that ends with a status of its own was reached: the password has opened.
  if (status !== 255 && status < 128) return 'accepted';
  const log = await readRegularText(askpass.logFile).catch(() => '');
  return /Permission denied \(/.test(log) ? 'refused' : 'unknown';
}
