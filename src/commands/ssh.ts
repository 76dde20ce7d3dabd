import type { Context, GlobalOptions } from '../context.ts';
import { enterGuest } from '../guest/ssh.ts';
import type { TakeOutputs } from '../guest/ssh-program.ts';
import { exactCommand, remoteCommand } from '../guest/ssh-argv.ts';
import { findGuest, type ReachableGuest } from '../lifecycle/watch/find-guest.ts';
import { tellingCrash } from './report/crash-meanwhile.ts';
import { watchBuild, mayBuild, reportBuildTrouble } from './report/watch-build.ts';
import { tellingShare } from './report/share-access.ts';

export interface SshOptions {
  /** Account in the guest; the guide's is root. */
  readonly login: string;
  /** What to run; none for a login shell. */
  readonly words: readonly string[];
  /** -t: a terminal in the guest also for a command. */
  readonly tty: boolean;
}

/**
 * `utopia ssh`: a shell or a command in the running machine's guest. Gives the
 * exit status of what ran there.
 */
export async function runSsh(
  context: Context,
  globals: GlobalOptions,
  options: SshOptions,
): Promise<number> {
  const { access, machine, running } = await findGuest(context, globals, options.login);
  const command = remoteCommand(options.words);
  const tty = options.tty ? 'always' : context.terminal.stdin.isTTY ? 'auto' : 'never';
  const enter = async (take?: TakeOutputs): Promise<number> =>
    await enterGuest(access, { command, tty, take });
  // A shell's status is that of the last command in it, and its crash was seen there.
  return options.words.length === 0
    ? await enter()
    : await tellingWhy(context, globals, { ...options, machine, running }, enter);
}

/**
 * `utopia exec`: a program in the guest with exactly these arguments, without a
 * terminal, its streams passed on as they are. Gives its exit status.
 */
export async function runExec(
  context: Context,
  globals: GlobalOptions,
  options: Pick<SshOptions, 'login' | 'words'>,
): Promise<number> {
  const { access, machine, running } = await findGuest(context, globals, options.login);
  // `exec`: a program, even where the shell has a word of its own with that name.
  const command = `exec ${exactCommand(options.words)}`;
  const enter = async (take?: TakeOutputs): Promise<number> =>
    await enterGuest(access, { command, tty: 'never', take });
  return await tellingWhy(context, globals, { ...options, machine, running }, enter);
}

/**
 * Behind a command that fails: that the guest's kernel crashed meanwhile, why a module was not
 * built or loaded, or else that the share is closed to its account.
 */
async function tellingWhy(
  context: Context,
  globals: GlobalOptions,
  {
    machine,
    running,
    login,
    words,
  }: Pick<ReachableGuest, 'machine' | 'running'> & Pick<SshOptions, 'login' | 'words'>,
  enter: (take?: TakeOutputs) => Promise<number>,
): Promise<number> {
  const build = !globals.quiet && mayBuild(words) ? watchBuild() : undefined;
  return await tellingCrash(context, globals, machine.paths.consoleLog, async () => {
    const status = await enter(build?.take);
    if (status === 0) return status;
    const trouble = await build?.trouble();
    if (trouble !== undefined) {
      reportBuildTrouble(context.terminal, trouble);
      return status;
    }
    return await tellingShare(context, globals, { login, state: running.state }, () =>
      Promise.resolve(status),
    );
  });
}
