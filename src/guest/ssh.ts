import type { GuestAccess } from './guest-access.ts';
import { UtopiaError } from '../errors.ts';
import { guidePassword, openAskpass } from './askpass.ts';
import {
  closeShared,
  draftSocket,
  isServed,
  lossOf,
  publishShared,
  sharedSocket,
} from './shared-connection.ts';
import { masterArgv, sshArgv, type SshStyle, type SshTarget } from './ssh-argv.ts';
import {
  ensureMachineKey,
  forgetKeyInstalled,
  installKeyCommand,
  isKeyInstalled,
  markKeyInstalled,
  sshFiles,
} from './ssh-key.ts';
import {
  findSshVersion,
  runSshProgram,
  type Answer,
  type SshResult,
  type TakeOutputs,
} from './ssh-program.ts';
import { connectionEnded, explainSsh } from './ssh-trouble.ts';
import { readRegularText } from '../system/regular-file.ts';

/** Status of ssh for every trouble of its own; a command in the guest may end with it too. */
const sshTroubleStatus = 255;

/**
 * Runs a command in the guest, with this process's own terminal or pipes, and
 * gives its exit status (128 + N for a signal). `command` is one string for the
 * guest's shell (see remoteCommand); without it there is a login shell. `take` hears
 * what it prints, too. Throws `ssh-unavailable` for what is ssh's trouble and not the command's.
 */
export async function enterGuest(
  access: GuestAccess,
  options: {
    readonly command: string | undefined;
    readonly tty: SshStyle['tty'];
    readonly take?: TakeOutputs | undefined;
  },
): Promise<number> {
  const target = await reachGuest(access, { mayAsk: true });
  const { status } = await connect(access, target, {
    ...options,
    stdio: options.take === undefined ? 'inherit' : 'tee',
    passwordPrompts: 3,
    mayAsk: true,
  });
  // Interrupted without a terminal in the guest, ssh ends with its own 255 and without a word.
  return access.signal.aborted && status === sshTroubleStatus ? 130 : status;
}

export interface RunInGuestOptions {
  readonly input?: string;
  /** A file of the host that the command reads as its input. */
  readonly inputFile?: string;
  readonly answer?: Answer;
  /** Take what it prints as it comes, instead of having it returned. */
  readonly take?: TakeOutputs;
  readonly timeoutMs?: number;
  /** What becomes of the command's streams: by default what it prints is returned, and it reads nothing. */
  readonly stdio?: 'pipe' | 'capture' | 'inherit' | 'tee';
}

/**
 * Runs a command in the guest, apart from our terminal: its Ctrl-C does not reach
 * ssh. Gives what it printed. Nobody is asked anything.
 */
export async function runInGuest(
  access: GuestAccess,
  command: string,
  options: RunInGuestOptions = {},
): Promise<SshResult> {
  const target = await reachGuest(access, { mayAsk: false, timeoutMs: options.timeoutMs });
  return await connect(access, target, {
    command,
    tty: 'never',
    stdio: 'pipe',
    passwordPrompts: 1,
    mayAsk: false,
    ...options,
  });
}

/**
 * Sees to a way in, and says which: a connection that is open already, or a new
 * one that later commands share. On the first login with a password our key goes
 * into the account, so that none is needed later; an account that cannot take it
 * (a read-only home) keeps its password. Throws `ssh-unavailable` when nothing
 * gets in, and what `checkPort` throws.
 */
export async function reachGuest(
  access: GuestAccess,
  options: { readonly mayAsk: boolean; readonly timeoutMs?: number | undefined },
): Promise<SshTarget> {
  const files = sshFiles(access.sshDir);
  const publicKey = await ensureMachineKey(access.sshDir, `utopia-${access.machineId}`);
  const target = machineTarget(access);
  const socket = sharedSocket(access);
  if (socket !== undefined && (await isServed(socket))) return { ...target, controlPath: socket };
  await access.checkPort();
  const installed = await isKeyInstalled(files, access.login);
  // An ssh before 8.4 would ask at the terminal for what askpass knows.
  const mayAsk = options.mayAsk && (installed || (await findSshVersion(access.env)) >= 8.4);
  const opened =
    socket === undefined
      ? { shared: false, passwordUsed: false }
      : await openShared(access, target, socket, { ...options, mayAsk });
  if (!opened.shared && access.dial !== undefined) throw cannotShare(socket);
  const way = opened.shared ? { ...target, controlPath: socket } : target;
  if (installed && !opened.passwordUsed) return way;
  const { status } = await connect(access, way, {
    command: installKeyCommand(publicKey),
    tty: 'never',
    stdio: 'pipe',
    passwordPrompts: mayAsk ? 3 : 1,
    timeoutMs: options.timeoutMs,
    mayAsk,
  });
  if (status === 0) await markKeyInstalled(files, access.login);
  return way;
}

/** Address, keys and name of the machine, without a connection to share. */
export function machineTarget(access: GuestAccess): SshTarget {
  const { knownHostsFile, identityFile } = sshFiles(access.sshDir);
  return {
    host: access.host,
    port: access.port,
    login: access.login,
    alias: `utopia-${access.machineId}`,
    knownHostsFile,
    identityFile,
    isPrivate: access.dial !== undefined,
  };
}

function cannotShare(socket: string | undefined): UtopiaError {
  if (socket !== undefined) return connectionEnded();
  return new UtopiaError('path-too-long', 'The path of a socket for ssh would be too long.', {
    hint: 'Set XDG_RUNTIME_DIR to a folder with a shorter path.',
  });
}

/** Opens the connection that this and later commands share, in an ssh of its own. */
async function openShared(
  access: GuestAccess,
  target: SshTarget,
  socket: string,
  options: { readonly mayAsk: boolean; readonly timeoutMs?: number | undefined },
): Promise<{ readonly shared: boolean; readonly passwordUsed: boolean }> {
  await using askpass = await openAskpass(
    access.runtimeDir,
    access.env,
    guidePassword(access.login),
  );
  await closeShared(access.runtimeDir, access.env, access.bootMark);
  const draft = draftSocket(socket);
  const argv = masterArgv(
    { ...target, controlPath: draft },
    { logFile: askpass.logFile, passwordPrompts: options.mayAsk ? 3 : 1 },
  );
  const connection = await access.dial?.(access.signal);
  const { status } = await runSshProgram('ssh', argv, {
    ...options,
    env: askpass.env,
    signal: access.signal,
    ...lossOf(access),
    stdio: connection ?? 'ignore',
    // It outlives this command, and must not keep its folder busy.
    cwd: '/',
  }).finally(() => connection?.destroy());
  if (status === sshTroubleStatus)
    await throwTrouble(await readLog(askpass.logFile), target, access);
  const shared = status === 0 && (await publishShared(draft, socket, access.env));
  return { shared, passwordUsed: shared && (await askpass.wasNeeded()) };
}

interface Connection extends Omit<SshStyle, 'logFile'> {
  /** Somebody may be asked at the terminal: ssh stays in its session. */
  readonly mayAsk: boolean;
  readonly stdio: 'inherit' | 'tee' | 'pipe' | 'capture';
  readonly input?: string | undefined;
  readonly inputFile?: string | undefined;
  readonly answer?: Answer | undefined;
  readonly take?: TakeOutputs | undefined;
  readonly timeoutMs?: number | undefined;
}

async function connect(
  access: GuestAccess,
  target: SshTarget,
  connection: Connection,
): Promise<SshResult> {
  const { stdio, input, inputFile, answer, take, timeoutMs, mayAsk, ...style } = connection;
  await using askpass = await openAskpass(
    access.runtimeDir,
    access.env,
    guidePassword(access.login),
  );
  const result = await runSshProgram(
    'ssh',
    sshArgv(target, { ...style, logFile: askpass.logFile }),
    {
      env: askpass.env,
      signal: access.signal,
      ...lossOf(access),
      stdio,
      input,
      inputFile,
      answer,
      take,
      timeoutMs,
      mayAsk,
    },
  );
  // The command's own 255 leaves no word of ssh's, and the shared connection as it was.
  if (result.status === sshTroubleStatus) {
    await throwTrouble(await readLog(askpass.logFile), target, access);
    const { controlPath } = target;
    if (controlPath !== undefined && !access.signal.aborted && !(await isServed(controlPath))) {
      throw connectionEnded();
    }
  }
  if (await askpass.wasNeeded()) {
    await forgetKeyInstalled(sshFiles(access.sshDir), access.login);
  }
  return result;
}

async function throwTrouble(
  log: string,
  target: SshTarget,
  { whyRefused }: GuestAccess,
): Promise<void> {
  if (log.trim() === '') return;
  throw explainSsh(log, target, await whyRefused?.());
}

async function readLog(file: string): Promise<string> {
  return await readRegularText(file).catch(() => '');
}
