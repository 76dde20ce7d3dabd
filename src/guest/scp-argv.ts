import { connectionOptions, quoteWord, type SshTarget } from './ssh-argv.ts';

export interface ScpStyle {
  readonly direction: 'to-guest' | 'from-guest';
  /** On the side that `direction` comes from; local ones absolute. */
  readonly sources: readonly string[];
  readonly target: string;
  /** -p: times and rights as they are at the source. */
  readonly preserve: boolean;
  readonly quiet: boolean;
  /** Version of the system's OpenSSH, as findSshVersion gives it. */
  readonly version: number;
}

/** With this version scp learned to speak SFTP (-s), and later does so by itself. */
const sftpOption = 8.7;
const sftpByDefault = 9;

/** Arguments of the system's scp: folders with all that is in them, over the target's shared connection. */
export function scpArgv(target: SshTarget, style: ScpStyle): string[] {
  const { direction, sources, version } = style;
  const sftp = version >= sftpOption;
  const inGuest = (path: string, pattern: boolean): string =>
    `${target.host}:${guestPath(path, { sftp, pattern })}`;
  return [
    ...['-F', '/dev/null', '-P', String(target.port)],
    ...connectionOptions(target, 1),
    ...['-o', `User=${target.login}`, '-o', 'ControlMaster=no'],
    ...(sftp && version < sftpByDefault ? ['-s'] : []),
    '-r',
    ...(style.preserve ? ['-p'] : []),
    ...(style.quiet ? ['-q'] : []),
    '--',
    ...(direction === 'to-guest' ? sources : sources.map((path) => inGuest(path, true))),
    direction === 'to-guest' ? inGuest(style.target, false) : style.target,
  ];
}

/**
 * The older protocol hands the path to a shell in the guest. With SFTP a source is
 * a pattern, which a backslash would quote; one that matches nothing is a name.
 */
function guestPath(
  path: string,
  how: { readonly sftp: boolean; readonly pattern: boolean },
): string {
  const name = path === '' ? '.' : path;
  if (!how.sftp) return quoteWord(name);
  return how.pattern ? name.replaceAll('\\', String.raw`\\`) : name;
}
