import { relative } from 'node:path';
import type { MachinePlan } from '../machine/plan.ts';

/** Where a running machine can be reached. */
export interface Connections {
  readonly ssh: { readonly host: string; readonly port: number };
  readonly vnc: MachinePlan['vnc'];
  readonly sharedDir: string;
  readonly consoleLog: string;
  /** An `up` in the foreground watches it: Ctrl-C there stops the machine. */
  readonly foreground: boolean;
}

/** The connection card: one line a way to reach the machine. `cwd` shortens paths below it. */
export function connectionCard(connections: Connections, cwd: string, home: string): string[] {
  const { ssh, vnc } = connections;
  const host = nameOf(ssh.host);
  const screen =
    vnc === undefined
      ? 'none (UTOPIA_VNC=off)'
      : 'socket' in vnc
        ? 'utopia vnc   (a socket for you alone)'
        : `utopia vnc   or   vncviewer ${nameOf(vnc.host)}:${vnc.display}`;
  const rows: readonly (readonly [string, string])[] = [
    ['ssh', `utopia ssh   or   ssh -p ${ssh.port} root@${host}   (root / root)`],
    ['screen', `${screen}   X2Go: ${host}, port ${ssh.port}`],
    ['share', `${shorten(connections.sharedDir, cwd, home)} is /home/user/shared in the guest`],
    ['console', shorten(connections.consoleLog, cwd, home)],
    [
      'stop',
      connections.foreground
        ? 'Ctrl-C here, or poweroff in the guest'
        : 'utopia down, or poweroff in the guest',
    ],
  ];
  return rows.map(([what, how]) => `  ${what.padEnd(8)} ${how}`);
}

/** `localhost` reads better than its number, and is what the lab guide says. */
function nameOf(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host;
}

/** A path below the current folder as ./x, below the home as ~/x, else as it is. */
export function shorten(path: string, cwd: string, home: string): string {
  const below = relative(cwd, path);
  if (below !== '' && !below.startsWith('..')) return `./${below}`;
  const belowHome = relative(home, path);
  if (belowHome !== '' && !belowHome.startsWith('..')) return `~/${belowHome}`;
  return path;
}
