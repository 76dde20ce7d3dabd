import { hostname, userInfo } from 'node:os';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { findInPath } from '../../host/find-program.ts';
import { viewers, type Viewer } from '../../host/viewers.ts';
import { vncBasePort } from '../../machine/kept-ports.ts';
import type { ScreenAddress } from '../../machine/plan.ts';
import { underUsersUmask } from '../../system/umask.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** Port at the other end of a tunnel: display 1 there, since 0 may be that host's own. */
export const tunnelPort = vncBasePort + 1;

/** How the screen is reached from another computer. */
export interface ScreenTunnel {
  /** The command on the machine in front of which the user sits. */
  readonly argv: readonly string[];
  /** This is an ssh login. */
  readonly fromElsewhere: boolean;
}

/** The tunnel to a machine's screen. SSH_CONNECTION is `CLIENT PORT SERVER PORT` (sshd(8)): the server's address is this host's. */
export function tunnelTo(screen: ScreenAddress, env: Environment): ScreenTunnel {
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

/** There is a screen here that a viewer could open a window on. */
export function hasDesktop(env: Environment): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/**
 * Opens the first installed viewer that can show a screen, and ends with it. Throws `program-missing`
 * where none is installed or it fails, `interrupted` when `signal` aborts.
 */
export async function openViewer(
  context: Pick<LifecycleContext, 'env' | 'signal'>,
  screen: ScreenAddress,
): Promise<void> {
  const able = viewers.filter((each) => argumentsFor(each, screen) !== undefined);
  const viewer = await firstInstalled(able, context.env);
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
  const { execa } = await import('execa');
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

async function firstInstalled(
  among: readonly Viewer[],
  env: Environment,
): Promise<Viewer | undefined> {
  for (const viewer of among) {
    if ((await findInPath(viewer.program, env)) !== undefined) return viewer;
  }
  return undefined;
}
