import { layOutRow } from './label-row.ts';
import { shortenPath } from '../text/shorten-path.ts';
import type { Connections } from '../machine/connection-facts.ts';

/**
 * The connection card: one line a way to reach the machine, more where `columns` are too few.
 * `cwd` shortens paths below it.
 */
export function connectionCard(
  connections: Connections,
  cwd: string,
  home: string,
  columns = 80,
): string[] {
  const { exposed, vnc, disks = [], sensors = false, lost = false } = connections;
  const screen =
    vnc === undefined
      ? 'none (UTOPIA_VNC=off)'
      : 'socket' in vnc
        ? 'utopia vnc   (a socket for you alone)'
        : `utopia vnc   or   vncviewer ${nameOf(vnc.host)}:${vnc.display}`;
  const rows: readonly (readonly [string, string])[] = [
    ...(lost ? [] : loginRows(connections, cwd, home)),
    ...(exposed === undefined
      ? []
      : [
          [
            'open',
            `port ${exposed.port} of ${exposed.host}; utopia expose --off closes it`,
          ] satisfies [string, string],
        ]),
    ...kernelRow(connections),
    ['screen', screen],
    ...(lost ? [] : x2goRows(connections)),
    ...networkRow(connections),
    ...shareRows(connections, shortenPath(connections.sharedDir, cwd, home)),
    ...(disks.length === 0 ? [] : [['disks', nameDisks(disks)] satisfies [string, string]]),
    ...(sensors
      ? [['sensors', '/dev/ttyS1 in the guest; utopia sensors'] satisfies [string, string]]
      : []),
    ['console', shortenPath(connections.consoleLog, cwd, home)],
    [
      'stop',
      connections.foreground
        ? 'Ctrl-C here, or poweroff in the guest'
        : lost
          ? 'utopia down; utopia reboot starts the guest anew'
          : 'utopia down, or poweroff in the guest',
    ],
    ...(connections.foreground && connections.remote === true
      ? [['', 'closing this SSH session does, too: utopia up --detach stays'] as const]
      : []),
  ];
  return rows.flatMap(([what, how]) => cardRow(what, how, columns));
}

/** A row of a card: what, and how, laid out for so many columns. */
export function cardRow(what: string, how: string, columns: number): string[] {
  return layOutRow(`  ${what.padEnd(8)} `, how, columns);
}

function shareRows(
  { shareReach = 'none', shareTrouble }: Connections,
  folder: string,
): (readonly [string, string])[] {
  return [
    ['share', `${folder} is /home/user/shared in the guest`],
    ...(shareTrouble === undefined ? [] : [['', shareTrouble] as const]),
    ...(shareReach === 'none'
      ? []
      : [['', `others here can ${shareReach} it; utopia doctor --fix closes it`] as const]),
  ];
}

function loginRows(
  connections: Connections,
  cwd: string,
  home: string,
): (readonly [string, string])[] {
  return [
    ['ssh', sshWays(connections)],
    ...keyRows(connections, cwd, home),
    ...othersRow(connections),
  ];
}

function sshWays({ ssh, copy, exposed, closed, keyFile }: Connections): string {
  if (copy !== undefined) return `utopia -n ${copy} ssh`;
  if (closed === true)
    return `utopia ssh   (port ${ssh.port} is closed; utopia login key opens it)`;
  const plain = `ssh -p ${ssh.port}`;
  if (keyFile !== undefined) return `utopia ssh   or   ${plain} -i KEY root@${nameOf(ssh.host)}`;
  const password = exposed === undefined ? '   (root / root)' : '';
  return `utopia ssh   or   ${plain} root@${nameOf(ssh.host)}${password}`;
}

/** X2Go is an SSH client of its own: it needs the port, and where passwords are closed the key's file. */
function x2goRows({ ssh, closed, keyFile, x2go }: Connections): (readonly [string, string])[] {
  if (x2go === undefined || closed === true) return [];
  const { sessionType, emulated } = x2go;
  const words = [
    nameOf(ssh.host),
    `port ${ssh.port}`,
    ...(sessionType === undefined ? [] : [`session type ${sessionType}`]),
    ...(keyFile === undefined ? [] : ['KEY as its RSA/DSA key']),
  ];
  return [
    ['X2Go', words.join(', ')],
    ...(emulated ? [['', 'emulated, a session takes 10 minutes or more'] as const] : []),
  ];
}

function keyRows(
  { keyFile }: Connections,
  cwd: string,
  home: string,
): (readonly [string, string])[] {
  return keyFile === undefined ? [] : [['key', shortenPath(keyFile, cwd, home)]];
}

/** Who could get in, and what closes that. */
function othersRow(connections: Connections): (readonly [string, string])[] {
  const { others, othersTold = false, closed, keyFile } = connections;
  if (others === undefined || othersTold || closed === true || keyFile !== undefined) return [];
  const text = `${others} can log in too: utopia login key`;
  return [['others', text.length <= rowWidth ? text : 'other people can log in: utopia login key']];
}

function kernelRow({ kernel }: Connections): (readonly [string, string])[] {
  if (kernel === undefined) return [];
  const { name, version } = kernel;
  return [['kernel', `${name === version ? name : `${name} (${version})`}, booted directly`]];
}

/** Who has the host alone need not be told what is on its loopback. */
function networkRow({ isolated, others }: Connections): (readonly [string, string])[] {
  if (isolated === true) return [['network', 'the guest reaches nothing (UTOPIA_NETWORK=none)']];
  if (others === undefined) return [];
  return [['network', "the guest reaches this host's loopback; UTOPIA_NETWORK=none closes it"]];
}

/** Room behind the label on 80 columns. */
const rowWidth = 69;

/** `vdb fsdisk1, vdc second (rw)`; where they do not fit, how many. */
function nameDisks(disks: NonNullable<Connections['disks']>): string {
  const names = disks.map(({ name, mode }, index) => {
    const device = `vd${String.fromCharCode('b'.charCodeAt(0) + index)}`;
    return `${device} ${name}${mode === 'snapshot' ? '' : ` (${mode})`}`;
  });
  const text = names.join(', ');
  return text.length <= rowWidth ? text : `${disks.length} exercise disks; utopia disks lists them`;
}

/** The number, not `localhost`: that may be `::1`, at which another user may listen at this port. */
function nameOf(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}
