import { UtopiaError } from '../errors.ts';
import { requireLine } from '../text/plain-line.ts';

/** Where a guest's SSH answers and which files its access needs. Paths are absolute. */
export interface SshTarget {
  /** Address on the host; never 0.0.0.0, one cannot connect to that. */
  readonly host: string;
  readonly port: number;
  /** Account in the guest. */
  readonly login: string;
  /** Name under which the host key is kept: ports and addresses change, the machine does not. */
  readonly alias: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  /** Socket of a shared connection; undefined for a connection of one's own. */
  readonly controlPath?: string | undefined;
  /**
   * The guest has no port on this host: ssh gets along with the shared connection, or with one
   * that it is handed as its stdin and stdout, and makes none by itself.
   */
  readonly isPrivate?: boolean | undefined;
}

/** How one connection is made. */
export interface SshStyle {
  /** Where ssh writes its own messages, so that they cannot be mistaken for the guest's. */
  readonly logFile: string;
  /** A terminal in the guest: `auto` where ssh itself would, `always` (-t), `never` (-T). */
  readonly tty: 'auto' | 'always' | 'never';
  /** How often a password may be tried. */
  readonly passwordPrompts: number;
  /** Command for the guest's shell, one string; undefined for a login shell. */
  readonly command?: string | undefined;
}

/**
 * Options with which ssh, scp and their kin reach this machine and no other. The
 * user's and the system's ssh_config are left out: a `Host *` with a ProxyJump,
 * another port or an agent full of keys would break access to a machine that is
 * on this very host. Each is one word behind `-o`.
 */
export function connectionOptions(target: SshTarget, passwordPrompts: number): string[] {
  return [
    ...option('HostKeyAlias', target.alias),
    ...option('UserKnownHostsFile', quotePath(target.knownHostsFile)),
    ...option('GlobalKnownHostsFile', '/dev/null'),
    // The first key is the guest's own: it made it at its first boot. Another one later is refused.
    ...option('StrictHostKeyChecking', 'accept-new'),
    ...option('CheckHostIP', 'no'),
    ...option('IdentityFile', quotePath(target.identityFile)),
    // An agent full of keys would use up the guest's limit of attempts.
    ...option('IdentitiesOnly', 'yes'),
    ...option('IdentityAgent', 'none'),
    ...option('PreferredAuthentications', 'publickey,keyboard-interactive,password'),
    ...option('NumberOfPasswordPrompts', String(passwordPrompts)),
    ...option(
      'ControlPath',
      target.controlPath === undefined ? 'none' : quotePath(target.controlPath),
    ),
    ...option('ConnectTimeout', '30'),
    // Three minutes: a guest that stands in a debugger keeps its sessions, a dead one lets go.
    ...option('ServerAliveInterval', '20'),
    ...option('ServerAliveCountMax', '9'),
    ...option('LogLevel', 'ERROR'),
  ];
}

/** Arguments of the system's ssh for one session. A shared connection is used, never opened. */
export function sshArgv(target: SshTarget, style: SshStyle): string[] {
  const tty = { auto: [], always: ['-t'], never: ['-T'] }[style.tty];
  return [
    ...addressArgs(target, style.logFile),
    ...connectionOptions(target, style.passwordPrompts),
    // Where the shared connection has ended, ssh would try address and port, which are another's.
    ...(target.isPrivate === true ? option('ProxyCommand', 'false') : []),
    ...option('ControlMaster', 'no'),
    ...tty,
    ...['--', target.host],
    ...(style.command === undefined ? [] : [style.command]),
  ];
}

/** An idle shared connection is given up after this time. */
const idleSeconds = 600;

/**
 * Arguments of an ssh that opens the shared connection, goes to the background
 * once it is let in, and serves sessions on `target.controlPath` until nobody has
 * used it for ten minutes or the guest is gone.
 */
export function masterArgv(
  target: SshTarget,
  style: Pick<SshStyle, 'logFile' | 'passwordPrompts'>,
): string[] {
  return [
    ...addressArgs(target, style.logFile),
    ...connectionOptions(target, style.passwordPrompts),
    // Stdin and stdout are the connection (ssh_connect in sshconnect.c).
    ...(target.isPrivate === true ? option('ProxyCommand', '-') : []),
    ...option('ControlMaster', 'yes'),
    ...option('ControlPersist', String(idleSeconds)),
    ...['-N', '-f', '-T', '--', target.host],
  ];
}

function addressArgs(target: SshTarget, logFile: string): string[] {
  return [
    ...['-F', '/dev/null'],
    ...['-E', logFile],
    // A private guest has no port on this host, and 0 is none that ssh would take.
    ...(target.isPrivate === true ? [] : ['-p', String(target.port)]),
    ...['-l', target.login],
  ];
}

function option(name: string, value: string): string[] {
  return ['-o', `${name}=${value}`];
}

/**
 * A path as ssh's options want it: ssh splits such a value at blanks and expands `%`. Throws
 * `folder-unsafe` for what cannot be written: a control character, and `${`, with which ssh reads
 * a variable of the environment wherever it stands.
 */
export function quotePath(path: string): string {
  requireLine(path);
  if (path.includes('${')) {
    throw new UtopiaError('folder-unsafe', `ssh takes \${ in ${path} for a variable.`, {
      hint: 'Give the folder another name (mv), and try again.',
    });
  }
  return `"${path.replaceAll('%', '%%').replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/**
 * The words behind `utopia ssh --` as one command for the guest's shell. A single
 * word is handed over as it stands, as a line of shell; several are a program and
 * its arguments, each of which arrives as it was typed.
 */
export function remoteCommand(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  return words.length === 1 ? words[0] : exactCommand(words);
}

/** A program and its arguments as one line of shell, each of which arrives as it was typed. */
export function exactCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/** A word that a POSIX shell reads as exactly this text. */
export function quoteWord(word: string): string {
  // Not `=`: a first word with one would be an assignment.
  if (/^[\w@%+:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
