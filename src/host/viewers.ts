/** A program that shows a VNC screen, and how it takes an address. */
export interface Viewer {
  readonly program: string;
  readonly tcp: (host: string, display: number) => readonly string[];
  /** Undefined where it knows no Unix sockets. */
  readonly socket?: (path: string) => readonly string[];
}

const byDisplay = (host: string, display: number): readonly string[] => [`${host}:${display}`];
const byAddress = (host: string, display: number): readonly string[] => [
  `vnc://${host}:${5900 + display}`,
];

/** In the order in which they are tried. TigerVNC opens a socket by its path (vncviewer(1)). */
export const viewers: readonly Viewer[] = [
  { program: 'xtigervncviewer', tcp: byDisplay, socket: (path) => [path] },
  { program: 'vncviewer', tcp: byDisplay, socket: (path) => [path] },
  { program: 'xtightvncviewer', tcp: byDisplay },
  { program: 'gvncviewer', tcp: byDisplay },
  { program: 'remote-viewer', tcp: byAddress },
  { program: 'krdc', tcp: byAddress },
  {
    program: 'remmina',
    tcp: (host, display) => ['-c', `vnc://${host}:${5900 + display}`],
  },
];
