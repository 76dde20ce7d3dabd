import type { Terminal } from './ui/terminal.ts';

/** Environment variables by name, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The world as a command sees it. Everything that a decision depends on comes in
 * here, so that a test can hand over another folder, home or clock.
 */
export interface Context {
  /** Absolute folder that relative paths on the command line start from (after -C). */
  readonly cwd: string;
  readonly env: Environment;
  /** What started this process: Node, the program's file, and the words behind it as typed. */
  readonly commandLine: readonly string[];
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; the reason is an `Interruption`. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: the user does not want to wait for a tidy end. */
  readonly urgentSignal: AbortSignal;
  readonly now: () => Date;
  /** By what limits of probes are multiplied on a slow host; 1 on an ordinary one. See system/timeout-scale.ts. */
  readonly timeoutScale: number;
}

/** Why `Context.signal` was aborted. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly signalName: NodeJS.Signals;

  constructor(signalName: NodeJS.Signals) {
    super(`Interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}

/** A machine that was found by its name, or by looking upwards. */
export interface ChosenMachine {
  /** Absolute path of its config file, which need not exist. */
  readonly file: string;
  /** By how many folders it lies above the current one; undefined for one found by its name. */
  readonly levels?: number | undefined;
}

/** Options that every command takes. */
export interface GlobalOptions {
  /** --config FILE as typed; the default is utopia.config in the current folder. */
  readonly config?: string | undefined;
  /** The machine that is meant instead of the current folder's: -n, or found in a folder above. */
  readonly machine?: ChosenMachine | undefined;
  /** The current folder's machine is meant, also where it has none yet: no folder above is searched. */
  readonly here?: boolean | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}
