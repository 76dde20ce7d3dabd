import type { Config } from '../config/types.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { enterGuest, type GuestAccess } from '../guest/ssh.ts';
import { remoteCommand } from '../guest/ssh-argv.ts';
import { readSshBanner } from '../guest/ssh-banner.ts';
import type { HostAddress } from '../machine/plan.ts';
import { findRunning, type RunningMachine } from '../machine/state.ts';
import { locateMachine, type LocatedMachine } from './locate.ts';

export interface SshOptions {
  /** Account in the guest; the guide's is root. */
  readonly login: string;
  /** Words behind `--`; none for a login shell. */
  readonly words: readonly string[];
  /** -t: a terminal in the guest also for a command. */
  readonly tty: boolean;
}

/** A guest that is up greets within this time, even a slow one under load. */
const bannerTimeoutMs = 4_000;

/**
 * `utopia ssh`: a shell or a command in the running machine's guest. Gives the
 * exit status of what ran there.
 */
export async function runSsh(
  context: Context,
  globals: GlobalOptions,
  options: SshOptions,
): Promise<number> {
  const machine = await locateMachine(context, globals);
  const running = await findRunning(machine.paths);
  if (running === undefined) {
    throw new UtopiaError('machine-not-running', 'The machine does not run.', {
      hint: 'utopia up',
    });
  }
  const access = guestAccess(context, machine, running, options.login);
  await checkAnswers(access, running);
  return await enterGuest(access, {
    command: remoteCommand(options.words),
    tty: options.tty ? 'always' : context.terminal.stdin.isTTY ? 'auto' : 'never',
  });
}

/** How to get into a running machine's guest. */
export function guestAccess(
  context: Pick<Context, 'env' | 'signal'>,
  machine: LocatedMachine,
  running: RunningMachine,
  login: string,
): GuestAccess {
  const { host, port } = running.state?.ssh ?? configuredAddress(machine.config);
  return {
    host: host === '0.0.0.0' ? '127.0.0.1' : host,
    port,
    login,
    machineId: machine.paths.id,
    sshDir: machine.paths.sshDir,
    runtimeDir: machine.paths.runtimeDir,
    env: context.env,
    signal: context.signal,
  };
}

/** For a machine whose launcher died before it could write down what it chose. */
function configuredAddress(config: Config): HostAddress {
  if (config.sshPort !== 'auto') return { host: config.sshInterface, port: config.sshPort };
  throw new UtopiaError('ssh-unavailable', 'The port of this machine was not written down.', {
    hint: 'utopia down, then utopia up',
  });
}

/**
 * A machine that has answered once is not asked again: each look costs the guest
 * an sshd of its own, a second under emulation.
 */
async function checkAnswers(access: GuestAccess, running: RunningMachine): Promise<void> {
  if (running.state?.readyAt !== undefined) return;
  const { host, port, signal } = access;
  const banner = await readSshBanner({ host, port, signal, timeoutMs: bannerTimeoutMs });
  if (banner !== undefined) return;
  throw new UtopiaError('ssh-unavailable', 'The guest is still booting: SSH does not answer yet.', {
    hint: 'Try again in a moment; utopia status tells when it is ready.',
  });
}
