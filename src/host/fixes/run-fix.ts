import type { CommandOutcome } from './command-outcome.ts';
import { delimiter } from 'node:path';
import type { Environment } from '../../environment.ts';
import type { FixCommand } from '../check.ts';
import { underUsersUmask } from '../../system/umask.ts';
import { distributions } from '../install-packages.ts';
import { prefixes, type Privilege } from './elevation.ts';
import type { RootShell } from './root-shell.ts';
import { systemFolders } from './script.ts';

/** Longest wait for a command that changes a setting, and for one that downloads packages. */
const commandTimeoutMs = 60_000;
const installTimeoutMs = 30 * 60_000;
/** The end of a command's output that is worth showing. */
const outputLines = 5;

/**
 * A terminal sends Ctrl-C to the command as well. What ignores it when it is started
 * goes on; sudo still takes it while it asks for a password.
 */
const unmoved = `trap '' INT; exec "$@"`;
/** A shell's status for a program that it cannot find. */
const notFound = 127;

interface RunOptions {
  readonly privilege: Privilege;
  /** Where commands of root's run with the privilege `su`. */
  readonly rootShell?: RootShell | undefined;
  readonly env: Environment;
  /** Kills the command. An ordinary Ctrl-C does not: a step that was begun is finished. */
  readonly signal: AbortSignal;
}

/**
 * Runs one command of a plan, without a standard input and with its output kept.
 * What goes wrong is returned: a program that is missing, a status, a time limit.
 */
export async function runFixCommand(
  command: FixCommand,
  { privilege, rootShell, env, signal }: RunOptions,
): Promise<CommandOutcome> {
  if (command.root && privilege === 'none') {
    return { done: false, reason: 'it needs root, and there is no sudo here', output: [] };
  }
  const timeoutMs = installs(command) ? installTimeoutMs : commandTimeoutMs;
  if (command.root && privilege === 'su' && rootShell !== undefined) {
    const outcome = await rootShell.run(command.argv, timeoutMs);
    return outcome.done ? outcome : { ...outcome, output: outcome.output.slice(-outputLines) };
  }
  const words = [...prefix(command, privilege), ...command.argv];
  const { execa } = await import('execa');
  const path = [env['PATH'] ?? '', ...systemFolders].join(delimiter);
  const options = {
    reject: false,
    all: true,
    stdin: 'ignore',
    // What a program says about its failure is shown, so it is asked for in one language.
    env: { ...env, PATH: path, LC_ALL: 'C.UTF-8' },
    extendEnv: false,
    timeout: timeoutMs,
    cancelSignal: signal,
  } as const;
  const result = await underUsersUmask(() => execa('sh', ['-c', unmoved, 'sh', ...words], options));
  if (result.exitCode === 0) return { done: true };
  const output = (result.all ?? '').trim().split('\n').slice(-outputLines);
  return { done: false, reason: reasonOf(result, words[0] ?? ''), output: output.filter(Boolean) };
}

function prefix({ root }: FixCommand, privilege: Privilege): string[] {
  return root ? [...prefixes[privilege]] : [];
}

function installs({ argv }: FixCommand): boolean {
  return distributions.some(({ install }) => install[0] === argv[0]);
}

function reasonOf(
  result: {
    readonly timedOut: boolean;
    readonly isCanceled: boolean;
    readonly exitCode?: number | undefined;
    readonly signal?: string | undefined;
  },
  program: string,
): string {
  if (result.exitCode === notFound) return `there is no program ${program}`;
  if (result.timedOut) return 'it took too long and was ended';
  if (result.isCanceled) return 'it was ended';
  return result.signal === undefined
    ? `it ended with status ${result.exitCode}`
    : `it was ended by ${result.signal}`;
}
