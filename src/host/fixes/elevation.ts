import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../environment.ts';

/** How commands that need root get it. */
export type Privilege =
  /** This process is root. */
  | 'root'
  /** sudo may ask for a password on the terminal; doas is the same of OpenBSD. */
  | 'sudo'
  | 'doas'
  /** Nobody is there to type one. */
  | 'sudo-without-password'
  | 'doas-without-password'
  /** su asks for root's password on the terminal. */
  | 'su'
  /** There is none of them, or su and no terminal. */
  | 'none';

/** The words before a command that get it root; su takes it as one word. */
export type Elevator = 'sudo' | 'doas' | 'su';

/** Which of them a user of this host has, the one that asks for the user's own password first. */
export function findElevator(env: Environment): Elevator | undefined {
  return (['sudo', 'doas', 'su'] as const).find((program) => isInPath(program, env));
}

/** Whether a program is in PATH, or where it always is. */
export function isInPath(program: string, env: Environment): boolean {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin'];
  return folders.some((folder) => isRunnable(join(folder, program)));
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The privilege of this run. `interactive`: somebody is at the terminal, to whom a
 * password can be asked for.
 */
export function findPrivilege(env: Environment, asRoot: boolean, interactive: boolean): Privilege {
  if (asRoot) return 'root';
  const elevator = findElevator(env);
  if (elevator === undefined || (elevator === 'su' && !interactive)) return 'none';
  if (elevator === 'su' || interactive) return elevator;
  return `${elevator}-without-password`;
}

/** Words before a command that needs root; su has none, since it takes no words. */
export const prefixes: Readonly<Record<Privilege, readonly string[]>> = {
  root: [],
  sudo: ['sudo', '--'],
  doas: ['doas', '--'],
  'sudo-without-password': ['sudo', '-n', '--'],
  'doas-without-password': ['doas', '-n', '--'],
  su: [],
  none: [],
};

/**
 * The last words of sudo and doas where the rules do not let this user do it, however
 * right the password (sudoers.c, doas.c): then root's own may help.
 */
export function isNotPermitted(output: readonly string[]): boolean {
  return output.some((line) =>
    /is not in the sudoers file|may not run sudo|is not allowed to (execute|run)|^doas: Operation not permitted/.test(
      line,
    ),
  );
}

/** Whether sudo or doas itself, and not the command behind it, said the last word. */
export function refusesAll(output: readonly string[]): boolean {
  return isNotPermitted(output) || output.some((line) => /^(sudo|doas|su): /.test(line));
}
