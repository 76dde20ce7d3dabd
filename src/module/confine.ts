/** What a confined build sees of this host, besides the folders of a system. */
export interface Confinement {
  /** Absolute path of bwrap. */
  readonly bwrap: string;
  /** Absolute; the only folders that it can write to, or none. */
  readonly writable: readonly string[];
  /** Absolute; read, and not written to. */
  readonly readable: readonly string[];
  readonly cwd: string;
  /** Absolute folder with another system: its programs and settings stand for this host's. */
  readonly system?: string;
}

/** Where programs and their settings are: compilers are found there, and no work of the user's. */
const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/opt',
  '/nix',
] as const;
/** Of /etc what dynamic linking and names of programs need; keys and passwords stay out. */
const settings = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/passwd', '/etc/group'] as const;

/**
 * bwrap and its arguments, to stand before a command: no network, no other process, no home, no
 * socket of this host; only `writable` can be written to. It ends with whoever started it. Pure.
 */
export function confine(confinement: Confinement): readonly string[] {
  const { bwrap, writable, readable, cwd, system } = confinement;
  const readOnly = [...systemFolders, ...settings];
  return [
    ...[bwrap, '--unshare-all', '--die-with-parent', '--cap-drop', 'ALL'],
    ...(system === undefined
      ? readOnly.flatMap((folder) => ['--ro-bind-try', folder, folder])
      : otherSystem(system)),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...readable.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...writable.flatMap((folder) => ['--bind', folder, folder]),
    ...['--chdir', cwd, '--'],
  ];
}

/** The same of another system. Links at its top are bound as what they lead to. */
function otherSystem(system: string): readonly string[] {
  return [
    ...['--ro-bind', `${system}/usr`, '/usr'],
    ...otherFolders.flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...otherSettings.flatMap((path) => ['--ro-bind-try', `${system}${path}`, path]),
    // What this host's user has set is meant for this host's programs.
    ...['--setenv', 'PATH', '/usr/sbin:/usr/bin'],
    ...['LD_LIBRARY_PATH', 'LD_PRELOAD', 'GCC_EXEC_PREFIX', 'PERL5LIB'].flatMap((name) => [
      '--unsetenv',
      name,
    ]),
  ];
}

const otherFolders = ['bin', 'sbin', 'lib', 'lib32', 'lib64'] as const;
const otherSettings = ['/etc/alternatives', '/etc/ld.so.cache'] as const;

/** Whether a program lies where a confined build finds it. Pure. */
export function isSystemProgram(path: string): boolean {
  return systemFolders.some((folder) => path.startsWith(`${folder}/`));
}
