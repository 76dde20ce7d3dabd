import { accessSync, constants } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { Context, GlobalOptions } from '../context.ts';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { viewers, type Viewer } from '../host/viewers.ts';
import { vncBasePort } from '../machine/kept-ports.ts';
import type { ScreenAddress } from '../machine/plan.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { underUsersUmask } from '../system/umask.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { refuseUnreadable } from '../machine/state.ts';

/** Port at the other end of a tunnel: display 1 there, since 0 may be that host's own. */
const tunnelPort = vncBasePort + 1;

/**
 * `utopia vnc`: opens the installed viewer on the machine's screen, and ends with
 * it. In an ssh login, or with `print`, says instead how to get there.
 */
export async function runVnc(
  context: Context,
  globals: GlobalOptions,
  options: { readonly print: boolean },
): Promise<void> {
  const { terminal, env } = context;
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  refuseUnreadable(located.paths, running);
  const screen = running.state?.plan.vnc;
  if (screen === undefined) {
    throw new UtopiaError('machine-not-running', `${located.config.name} runs without a screen.`, {
      hint: 'utopia screenshot shows it all the same; UTOPIA_VNC=auto serves it at the next start.',
    });
  }
  const tunnel = tunnelTo(screen, env);
  if (globals.json) {
    terminal.json({ schema: 1, vnc: screen, tunnel: tunnel.argv });
    return;
  }
  if (options.print || tunnel.fromElsewhere || !hasDesktop(env)) {
    say(context, screen, tunnel);
    return;
  }
  await open(context, screen);
}

interface Tunnel {
  /** The command on the machine in front of which the user sits. */
  readonly argv: readonly string[];
  /** This is an ssh login. */
  readonly fromElsewhere: boolean;
}

/** SSH_CONNECTION is `CLIENT PORT SERVER PORT` (sshd(8)): the server's address is this host's. */
function tunnelTo(screen: ScreenAddress, env: Environment): Tunnel {
  const [, , server = hostname(), port = '22'] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const target =
    'socket' in screen ? screen.socket : `${screen.host}:${vncBasePort + screen.display}`;
  return {
    argv: [
      ...['ssh', '-N', '-L', `${tunnelPort}:${target}`],
      ...(port === '22' ? [] : ['-p', port]),
      `${userInfo().username}@${server}`,
    ],
    fromElsewhere: env['SSH_CONNECTION'] !== undefined,
  };
}

function hasDesktop(env: Environment): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

function say({ terminal, env }: Context, screen: ScreenAddress, tunnel: Tunnel): void {
  if (!tunnel.fromElsewhere) {
    terminal.out(
      'socket' in screen
        ? `The screen is at the socket ${screen.socket}`
        : `The screen is at ${screen.host}:${screen.display} (port ${vncBasePort + screen.display}).`,
    );
    if (!hasDesktop(env)) terminal.out('There is no desktop here; from one:');
  } else terminal.out('On the computer in front of you:');
  terminal.outWhole(`  ${tunnel.argv.map(quoteForShell).join(' ')}`);
  terminal.out('and while that runs, beside it:');
  terminal.out(`  vncviewer localhost:${tunnelPort - vncBasePort}`);
}

async function open(context: Context, screen: ScreenAddress): Promise<void> {
  const viewer = viewers.find(
    (each) => isInPath(each.program, context.env) && argumentsFor(each, screen) !== undefined,
  );
  if (viewer === undefined) {
    throw new UtopiaError('program-missing', 'No VNC viewer is installed that could show it.', {
      details: [`Looked for ${viewers.map(({ program }) => program).join(', ')}.`],
      hint: 'sudo apt-get install tigervnc-viewer      (or utopia screenshot)',
    });
  }
  const args = argumentsFor(viewer, screen) ?? [];
  const settings = {
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    cancelSignal: context.signal,
    env: { ...context.env },
    extendEnv: false,
  } as const;
  const viewing = underUsersUmask(() => execa(viewer.program, args, settings));
  const { failed, stderr, exitCode, isCanceled } = await viewing;
  if (!failed) return;
  if (isCanceled) throw new UtopiaError('interrupted', 'The viewer was closed.');
  throw new UtopiaError('program-missing', `${viewer.program} ended with status ${exitCode}.`, {
    details: stderr.trim().split('\n').slice(-5),
    hint: 'utopia vnc --print says where the screen is, for another viewer.',
  });
}

function argumentsFor(viewer: Viewer, screen: ScreenAddress): readonly string[] | undefined {
  return 'socket' in screen
    ? viewer.socket?.(screen.socket)
    : viewer.tcp(screen.host, screen.display);
}

function isInPath(program: string, env: Environment): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
