/**
 * Variables that bash gives a value of its own, even in an empty environment,
 * or that change how it works. From bash(1), "Shell Variables", bash 5.2, and
 * `env -i bash -c 'compgen -v'`.
 */
const own = new Set(
  `_ CHILD_MAX COLUMNS COMPREPLY COPROC DIRSTACK EMACS ENV EPOCHREALTIME EPOCHSECONDS
  EUID EXECIGNORE FIGNORE FUNCNAME FUNCNEST GLOBIGNORE GLOBSORT GROUPS HOSTFILE
  HOSTNAME HOSTTYPE IFS IGNOREEOF INSIDE_EMACS LINENO LINES MACHTYPE MAPFILE
  OLDPWD OPTARG OPTERR OPTIND OSTYPE PIPESTATUS POSIXLY_CORRECT PPID
  PROMPT_COMMAND PROMPT_DIRTRIM PS0 PS1 PS2 PS3 PS4 PWD RANDOM REPLY SECONDS SHELLOPTS
  SHLVL SRANDOM TEXTDOMAIN TEXTDOMAINDIR TIMEFORMAT TMOUT UID auto_resume
  histchars`.split(/\s+/),
);

const ownPrefixes = ['BASH', 'COMP_', 'HIST', 'READLINE_', 'LC_', 'LANG', 'MALLOC_'];

/** Variables that bash takes from the environment, and makes up when they are not there. */
const madeUp = new Set(['PATH', 'SHELL', 'TERM']);

/** True for variables whose assignment bash refuses or reacts to. */
export function isOwnVariable(name: string): boolean {
  return own.has(name) || ownPrefixes.some((prefix) => name.startsWith(prefix));
}

/** True when only the running shell can know the value of `$name`; `isSet` says whether file or environment set it. */
export function isOwnValue(name: string, isSet: boolean): boolean {
  if (isSet && (name.startsWith('LC_') || name.startsWith('LANG'))) return false;
  return isOwnVariable(name) || (madeUp.has(name) && !isSet);
}
