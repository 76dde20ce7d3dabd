import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { makeFolder } from '../system/make-folder.ts';

/** The accounts that the guide gives to every lab machine. */
const guidePasswords: Readonly<Record<string, string>> = { root: 'root', user: 'user' };

/** The guide's password of an account; undefined for an account that it does not know. */
export function guidePassword(login: string): string | undefined {
  return guidePasswords[login];
}

/**
 * What ssh runs when it wants a password. The guide's is given once, through the
 * environment and never as an argument, which others on the host could read; then
 * the user is asked, if there is a terminal. The question is not ours to answer
 * when it is no password that is asked for.
 */
const script = `#!/bin/sh
case $1 in
  *assword*) ;;
  *) exit 1 ;;
esac
if [ -n "$UTOPIA_ASKPASS_PASSWORD" ] && mkdir "$UTOPIA_ASKPASS_FOLDER/given" 2>/dev/null; then
  printf '%s\\n' "$UTOPIA_ASKPASS_PASSWORD"
  exit 0
fi
mkdir "$UTOPIA_ASKPASS_FOLDER/asked" 2>/dev/null
(: </dev/tty) 2>/dev/null || exit 1
exec </dev/tty
settings=$(stty -g)
trap 'stty "$settings"; exit 1' HUP INT TERM
stty -echo
printf '%s' "$1" >/dev/tty
IFS= read -r answer
stty "$settings"
printf '\\n' >/dev/tty
printf '%s\\n' "$answer"
`;

/** An answer to ssh's password prompt, for one connection. */
export interface Askpass extends AsyncDisposable {
  /** Environment for ssh. */
  readonly env: Environment;
  /** File for ssh's own messages, beside the script. */
  readonly logFile: string;
  /** Whether ssh has wanted a password: its key was not taken. */
  wasNeeded(): Promise<boolean>;
  /** Whether the user was asked, or would have been. */
  wasUserAsked(): Promise<boolean>;
}

/**
 * Lays an askpass script into a new private folder under `runtimeDir` (a folder of
 * the user's alone). SSH_ASKPASS_REQUIRE is read by OpenSSH 8.4 and later; older
 * ones use the script only without a controlling terminal, and with DISPLAY set.
 */
export async function openAskpass(
  runtimeDir: string,
  env: Environment,
  password: string | undefined,
): Promise<Askpass> {
  await makeFolder(runtimeDir, { mode: 0o700 });
  const folder = await mkdtemp(join(runtimeDir, 'ssh-'));
  const program = join(folder, 'askpass');
  await writeFile(program, script, { mode: 0o700 });
  const exists = async (name: string): Promise<boolean> =>
    access(join(folder, name)).then(
      () => true,
      () => false,
    );
  return {
    env: {
      ...env,
      SSH_ASKPASS: program,
      SSH_ASKPASS_REQUIRE: 'force',
      DISPLAY: env['DISPLAY'] || ':0',
      UTOPIA_ASKPASS_FOLDER: folder,
      UTOPIA_ASKPASS_PASSWORD: password ?? '',
    },
    logFile: join(folder, 'log'),
    wasNeeded: async () => (await exists('given')) || (await exists('asked')),
    wasUserAsked: () => exists('asked'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
