import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { execa } from 'execa';
import { Interruption, type Environment } from '../context.ts';
import { guidePassword, openAskpass, type Askpass } from './askpass.ts';
import { sshArgv, type SshStyle, type SshTarget } from './ssh-argv.ts';
import {
  ensureMachineKey,
  forgetKeyInstalled,
  installKeyCommand,
  isKeyInstalled,
  markKeyInstalled,
  sshFiles,
} from './ssh-key.ts';
import { explainSsh, missingProgram } from './ssh-trouble.ts';

/** What is needed to get into one machine's guest. */
export interface GuestAccess {
  /** Address and port on the host; 0.0.0.0 is reached through 127.0.0.1. */
  readonly host: string;
  readonly port: number;
  /** Account; `root` is the guide's. */
  readonly login: string;
  /** The machine's id: the host key is kept under it. */
  readonly machineId: string;
  /** Folder of known_hosts and key; it belongs to the overlay. */
  readonly sshDir: string;
  /** Folder of the user's alone, for what lives as long as a connection. */
  readonly runtimeDir: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** Status of ssh for every trouble of its own; a command in the guest may end with it too. */
const sshTroubleStatus = 255;

/** What a command in the guest gave. */
export interface GuestResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command in the guest, with this process's own terminal or pipes, and
 * gives its exit status (128 + N for a signal). `command` is one string for the
 * guest's shell (see remoteCommand); without it there is a login shell. Throws
 * `ssh-unavailable` for what is ssh's trouble and not the command's.
 */
export async function enterGuest(
  access: GuestAccess,
  options: { readonly command: string | undefined; readonly tty: SshStyle['tty'] },
): Promise<number> {
  await ensureKeyInGuest(access, { mayAsk: true });
  const { status } = await connect(access, {
    ...options,
    stdio: 'inherit',
    passwordPrompts: 3,
    mayAsk: true,
  });
  return status;
}

/** Runs a command in the guest and gives what it printed. Nobody is asked anything. */
export async function runInGuest(
  access: GuestAccess,
  command: string,
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<GuestResult> {
  await ensureKeyInGuest(access, { mayAsk: false, timeoutMs: options.timeoutMs });
  return await connect(access, {
    command,
    tty: 'never',
    stdio: 'pipe',
    passwordPrompts: 1,
    mayAsk: false,
    ...options,
  });
}

/**
 * Puts our key into the account on the first login with a password, so that none
 * is needed later. An account that cannot take it (a read-only home) keeps its
 * password. Throws `ssh-unavailable` when nothing gets in.
 */
async function ensureKeyInGuest(
  access: GuestAccess,
  options: { readonly mayAsk: boolean; readonly timeoutMs?: number | undefined },
): Promise<void> {
  const files = sshFiles(access.sshDir);
  const publicKey = await ensureMachineKey(access.sshDir, `utopia-${access.machineId}`);
  if (await isKeyInstalled(files, access.login)) return;
  const command = installKeyCommand(publicKey);
  const result = await connect(access, {
    command,
    tty: 'never',
    stdio: 'pipe',
    passwordPrompts: options.mayAsk ? 3 : 1,
    timeoutMs: options.timeoutMs,
    // An old ssh would ask at the terminal for what askpass knows.
    mayAsk: options.mayAsk && (await knowsAskpassRequire(access)),
  });
  if (result.status === 0) await markKeyInstalled(files, access.login);
}

/** SSH_ASKPASS_REQUIRE came with OpenSSH 8.4; `ssh -V` says `OpenSSH_9.2p1 …`. */
async function knowsAskpassRequire(access: GuestAccess): Promise<boolean> {
  const { stderr } = await execa('ssh', ['-V'], {
    env: access.env,
    extendEnv: false,
    reject: false,
    timeout: 5_000,
  });
  const [, major = 0, minor = 0] = (/OpenSSH_(\d+)\.(\d+)/.exec(stderr ?? '') ?? []).map(Number);
  return major > 8 || (major === 8 && minor >= 4);
}

interface Connection extends Omit<SshStyle, 'logFile'> {
  /** Somebody may be asked at the terminal: ssh stays in its session. */
  readonly mayAsk: boolean;
  readonly stdio: 'inherit' | 'pipe';
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

async function connect(access: GuestAccess, connection: Connection): Promise<GuestResult> {
  const { stdio, input, timeoutMs, mayAsk, ...style } = connection;
  const files = sshFiles(access.sshDir);
  const target: SshTarget = {
    host: access.host === '0.0.0.0' ? '127.0.0.1' : access.host,
    port: access.port,
    login: access.login,
    alias: `utopia-${access.machineId}`,
    knownHostsFile: files.knownHostsFile,
    identityFile: files.identityFile,
  };
  await using askpass = await openAskpass(
    access.runtimeDir,
    access.env,
    guidePassword(access.login),
  );
  const result = await spawnSsh(sshArgv(target, { ...style, logFile: askpass.logFile }), {
    access,
    askpass,
    stdio,
    input,
    timeoutMs,
    mayAsk,
  });
  const log = await readFile(askpass.logFile, 'utf8').catch(() => '');
  // The command's own 255 leaves no word of ssh's.
  if (result.status === sshTroubleStatus && log.trim() !== '') throw explainSsh(log, target);
  if (await askpass.wasNeeded()) await forgetKeyInstalled(files, access.login);
  return result;
}

interface SpawnOptions {
  readonly access: GuestAccess;
  readonly askpass: Askpass;
  readonly stdio: 'inherit' | 'pipe';
  readonly input: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly mayAsk: boolean;
}

async function spawnSsh(argv: readonly string[], options: SpawnOptions): Promise<GuestResult> {
  const { access, askpass, stdio, input, timeoutMs, mayAsk } = options;
  access.signal.throwIfAborted();
  const child = execa('ssh', argv, {
    env: askpass.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    // Without the terminal ssh can only ask askpass, and that can only answer.
    detached: !mayAsk,
    ...(stdio === 'inherit' ? { stdio } : input === undefined ? { stdin: 'ignore' } : { input }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  // A signal to us is for the guest's command; ssh knows what to do with it.
  const pass = (): void => void child.kill(signalOf(access.signal));
  access.signal.addEventListener('abort', pass, { once: true });
  const result = await child.finally(() => access.signal.removeEventListener('abort', pass));
  if (result.code === 'ENOENT') throw missingProgram('ssh');
  if (stdio === 'pipe') access.signal.throwIfAborted();
  return {
    status: result.exitCode ?? 128 + constants.signals[result.signal ?? 'SIGTERM'],
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
  };
}

/** The signal that interrupted us, for ssh. */
function signalOf(signal: AbortSignal): NodeJS.Signals {
  return signal.reason instanceof Interruption ? signal.reason.signalName : 'SIGTERM';
}
