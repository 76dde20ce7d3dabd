import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { vncBasePort } from '../machine/kept-ports.ts';
import type { ScreenAddress } from '../machine/plan.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import {
  hasDesktop,
  openViewer,
  tunnelPort,
  tunnelTo,
  type ScreenTunnel,
} from '../lifecycle/watch/view-screen.ts';
import { refuseUnreadable } from '../machine/state.ts';

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
  await openViewer(context, screen);
}

function say({ terminal, env }: Context, screen: ScreenAddress, tunnel: ScreenTunnel): void {
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
