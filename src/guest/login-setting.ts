import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';
import { guideAccounts } from './default-passwords.ts';
import { openAskpass } from './askpass.ts';
import { keysScript, passwordsScript } from './login-script.ts';
import { connectionOptions, quoteWord } from './ssh-argv.ts';
import { ensureMachineKey, markKeyInstalled, markKeyOnly, sshFiles } from './ssh-key.ts';
import { runSshProgram } from './ssh-program.ts';
import { machineTarget, runInGuest } from './ssh.ts';
import type { GuestAccess } from './guest-access.ts';

/** How one gets into the guest over SSH: by a key alone, or by a password too. */
export type LoginWay = 'key' | 'password';

/** A script of some programs in the guest; an emulated one under load takes seconds. */
const scriptMs = 120_000;
/** sshd reads its files anew within a moment; it is asked until it has, at most so long. */
const rereadMs = 60_000;
const lookMs = 250;
/** One answer to "which ways are there?". */
const answerMs = 60_000;

/**
 * Closes password logins over SSH in the guest, for every account, and gives once it is certain: its
 * sshd says so of root and user, and offers a stranger a key alone. Our own key is in both accounts
 * then. The console is left as it is. Throws `guest-refused`, with the guest as it was.
 */
export async function closePasswords(access: GuestAccess): Promise<void> {
  const root = { ...access, login: 'root' };
  const publicKey = await ensureMachineKey(access.sshDir, `utopia-${access.machineId}`);
  const said = await runScript(root, keysScript(publicKey));
  const trouble = /^utopia-login: refused (.*)$/m.exec(said);
  if (trouble !== null) throw cannotClose(trouble[1] ?? '');
  if (!said.includes('utopia-login: done')) throw cannotClose('its sshd could not be asked');
  try {
    await waitUntilOffered(access, (ways) => !hasPassword(ways));
  } catch (error) {
    // The connection that is open still leads in.
    await runScript(root, passwordsScript).catch(() => undefined);
    throw error;
  }
  const files = sshFiles(access.sshDir);
  if (said.includes('utopia-login: has user')) await markKeyInstalled(files, 'user');
  await markKeyInstalled(files, 'root');
  await markKeyOnly(access.sshDir, true);
}

/** Undoes `closePasswords`: passwords count again as the guest's own settings have it. */
export async function openPasswords(access: GuestAccess): Promise<void> {
  await markKeyOnly(access.sshDir, false);
  const said = await runScript({ ...access, login: 'root' }, passwordsScript);
  if (!said.includes('utopia-login: done')) {
    throw new UtopiaError('guest-refused', 'The guest did not take the setting back.', {
      hint: 'utopia ssh -- sshd -T shows what its sshd does.',
    });
  }
  await waitUntilOffered(access, hasPassword);
}

/** What the guest's sshd offers a stranger now. Throws `guest-refused` where that cannot be found out. */
export async function findLoginWay(access: GuestAccess): Promise<LoginWay> {
  const { ways } = await offeredWays({ ...access, login: 'root' });
  if (ways === undefined) throw cannotAsk();
  return hasPassword(ways) ? 'password' : 'key';
}

async function runScript(root: GuestAccess, script: string): Promise<string> {
  const command = `exec sh -c ${quoteWord(script)}`;
  const { stdout } = await runInGuest(root, command, { timeoutMs: scriptMs });
  return stdout;
}

async function waitUntilOffered(
  access: GuestAccess,
  isSo: (ways: readonly string[]) => boolean,
): Promise<void> {
  for (const login of guideAccounts) {
    const deadline = performance.now() + rereadMs;
    for (;;) {
      const { ways, letIn } = await offeredWays({ ...access, login });
      if (ways !== undefined && isSo(ways)) {
        if (login === 'root' && !letIn && !hasPassword(ways)) {
          throw cannotClose('it does not take our key as root');
        }
        break;
      }
      if (performance.now() > deadline) {
        throw ways === undefined ? cannotAsk() : cannotClose(`it still offers ${ways.join(', ')}`);
      }
      await sleep(lookMs, undefined, { signal: access.signal });
    }
  }
}

function hasPassword(ways: readonly string[]): boolean {
  return ways.some((way) => way === 'password' || way === 'keyboard-interactive');
}

/**
 * Comes with our key alone; sshd lists the ways that are left when it refuses the attempt without any
 * that each login begins with (RFC 4252, 5.1 and 5.2). One connection tells both: each costs an
 * emulated guest a second.
 */
async function offeredWays(access: GuestAccess): Promise<Offer> {
  const { status, text } = await tryAlone(
    access,
    // Only the messages for debugging have the list when the key is taken.
    ['PreferredAuthentications=publickey', 'LogLevel=DEBUG1'],
    'true',
  );
  const [, ways] = /Authentications that can continue: ([\w,-]+)/.exec(text) ?? [];
  const letIn = status === 0;
  // Let in without anything: passwords would not be what is wrong.
  if (ways === undefined) return { ways: letIn ? ['none', 'password'] : undefined, letIn };
  return { ways: ways.split(','), letIn };
}

/** What sshd offers a stranger, if it could be asked, and whether our key opens the connection. */
interface Offer {
  readonly ways: readonly string[] | undefined;
  readonly letIn: boolean;
}

/** An ssh with a connection of its own, that asks nobody and shares nothing. */
async function tryAlone(
  access: GuestAccess,
  options: readonly string[],
  command: string,
): Promise<{ readonly status: number; readonly text: string }> {
  if (access.dial === undefined) await access.checkPort();
  const target = machineTarget(access);
  await using askpass = await openAskpass(access.runtimeDir, access.env, undefined);
  const connection = await access.dial?.(access.signal);
  const argv = [
    // -n: the command must not read from stdin, which may be the connection itself.
    ...['-F', '/dev/null', '-E', askpass.logFile, '-T', '-n'],
    ...['-p', String(target.port), '-l', target.login],
    // The first value of an option counts.
    ...['-o', 'BatchMode=yes'],
    ...options.flatMap((option) => ['-o', option]),
    ...(connection === undefined ? [] : ['-o', 'ProxyCommand=-']),
    ...connectionOptions(target, 1),
    ...['--', target.host, command],
  ];
  const { status } = await runSshProgram('ssh', argv, {
    env: askpass.env,
    signal: access.signal,
    watchLoss: access.watchLoss,
    stdio: connection ?? 'ignore',
    timeoutMs: answerMs,
    mayAsk: false,
  }).finally(() => connection?.destroy());
  return { status, text: await readFile(askpass.logFile, 'utf8').catch(() => '') };
}

function cannotClose(why: string): UtopiaError {
  return new UtopiaError('guest-refused', `The guest goes on taking passwords: ${why}.`, {
    hint: 'utopia passwd, then utopia passwd user, gives it passwords that nobody knows.',
  });
}

function cannotAsk(): UtopiaError {
  return new UtopiaError('guest-refused', 'What the guest takes could not be found out.', {
    hint: 'utopia ssh -- sshd -T shows what its sshd does.',
  });
}
