/** What a confined build sees of this host, besides the system's own folders. */
export interface Confinement {
  /** Absolute path of bwrap. */
  readonly bwrap: string;
  /** Absolute; the only folders that it can write to, or none. */
  readonly writable: readonly string[];
  /** Absolute; read, and not written to. */
  readonly readable: readonly string[];
  readonly cwd: string;
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
export function confine({ bwrap, writable, readable, cwd }: Confinement): readonly string[] {
  const readOnly = [...systemFolders, ...settings];
  return [
    ...[bwrap, '--unshare-all', '--die-with-parent', '--cap-drop', 'ALL'],
    ...readOnly.flatMap((folder) => ['--ro-bind-try', folder, folder]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...readable.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...writable.flatMap((folder) => ['--bind', folder, folder]),
    ...['--chdir', cwd, '--'],
  ];
}

/** Whether a program lies where a confined build finds it. Pure. */
export function isSystemProgram(path: string): boolean {
  return systemFolders.some((folder) => path.startsWith(`${folder}/`));
}
