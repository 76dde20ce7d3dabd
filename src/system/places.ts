import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';

/** Absolute path of the user's home: $HOME, else what the account database says. */
export function homeFolder(env: Environment): string {
  return env['HOME'] || homedir();
}

/** `$XDG_CACHE_HOME/utopia`: images, downloads, verdicts of probes. Everything in it can be made again. */
export function cacheRoot(env: Environment): string {
  return join(xdgFolder(env, 'XDG_CACHE_HOME') ?? join(homeFolder(env), '.cache'), 'utopia');
}

/** `$XDG_STATE_HOME/utopia`: logs, host keys, kept overlays. */
export function stateRoot(env: Environment): string {
  return join(xdgFolder(env, 'XDG_STATE_HOME') ?? join(homeFolder(env), '.local/state'), 'utopia');
}

/** Held while `auto` chooses ports, so that two machines of this user do not choose the same. */
export function portsLockFile(env: Environment): string {
  return join(stateRoot(env), 'ports.lock');
}

/**
 * `$XDG_RUNTIME_DIR/utopia`: sockets and process ids. Without that variable (a
 * cron job, su, a container) a folder of the user's own in the temporary
 * directory; whoever makes it must make it 0700 and check its owner.
 */
export function runtimeRoot(env: Environment, uid: number): string {
  const runtime = xdgFolder(env, 'XDG_RUNTIME_DIR');
  return runtime === undefined
    ? join(env['TMPDIR'] || tmpdir(), `utopia-${uid}`)
    : join(runtime, 'utopia');
}

/** The XDG base directory specification: a relative path is invalid and is to be ignored. */
function xdgFolder(env: Environment, variable: string): string | undefined {
  const folder = env[variable];
  return folder?.startsWith('/') === true ? folder : undefined;
}
