import type { Environment } from '../environment.ts';
import type { Dial } from './private-connection.ts';
import type { WatchLoss } from './ssh-program.ts';

/** What is needed to get into one machine's guest. */
export interface GuestAccess {
  /** Address and port on the host; never 0.0.0.0, one cannot connect to that. */
  readonly host: string;
  readonly port: number;
  /** Account; `root` is the guide's. */
  readonly login: string;
  /** The machine's id: the host key is kept under it. */
  readonly machineId: string;
  /** Folder of known_hosts and key; it belongs to the overlay. */
  readonly sshDir: string;
  /** Folder of the user's alone, for what lives as long as a connection. */
  readonly runtimeDir: string;
  /** A text that is another one after every start of QEMU and every reset of its guest. */
  readonly bootMark: string;
  /** Throws when the port leads to somebody else: asked before a new connection is made. */
  readonly checkPort: () => Promise<void>;
  /**
   * Makes the connections to a guest that has no port on this host; `host` and `port` count
   * for nothing then, and all commands go through one shared connection.
   */
  readonly dial?: Dial | undefined;
  readonly watchLoss?: WatchLoss | undefined;
  /** What of the guest keeps it from letting anybody in, as a sentence: asked when it did not. */
  readonly whyRefused?: (() => Promise<string | undefined>) | undefined;
  readonly env: Environment;
  readonly signal: AbortSignal;
}
