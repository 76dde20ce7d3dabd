import type { Environment } from '../environment.ts';
import type { ProgressDisplay } from '../progress-events.ts';

/**
 * The world as the lifecycle of a machine sees it: plain values, and callbacks to report to a
 * person and to ask one. A command fills it from its terminal, a program from whatever it has.
 */
export interface LifecycleContext {
  /** Absolute folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Environment;
  /** What starts utopia's command line, for processes that outlive this one: Node, its options, the program's file. */
  readonly program: readonly string[];
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; the reason is an `Interruption`. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: the user does not want to wait for a tidy end. */
  readonly urgentSignal: AbortSignal;
  readonly now: () => Date;
  /** By what limits of probes are multiplied on a slow host; 1 on an ordinary one. See system/timeout-scale.ts. */
  readonly timeoutScale: number;
  readonly reporter: Reporter;
  readonly asker: Asker;
  /** Input and outputs of a guest's command; its bytes pass unchanged. */
  readonly streams: CommandStdio;
}

/** How the lifecycle tells a person something. Foreign text is made harmless by whoever shows it. */
export interface Reporter {
  /** One line. */
  line(text: string): void;
  /** Something that the person should know, in one or several lines, of which the first is marked. */
  warn(text: string): void;
  /** Something that must not be overlooked, in the same form. */
  alarm(text: string): void;
  /** A display for a long piece of work. A silent one shows nothing. */
  openProgress(silent: boolean): Promise<ProgressDisplay>;
  /** A display can show a line that moves, and take it away again. */
  readonly animated: boolean;
}

/** How the lifecycle asks a person. */
export interface Asker {
  /** Somebody can answer. */
  readonly present: boolean;
  /**
   * The answer to a yes-or-no question; `assumeYes` answers it. Throws `consent-needed` where
   * nobody can answer, `interrupted` when `signal` aborts.
   */
  confirm(question: string, options: ConfirmOptions): Promise<boolean>;
}

export interface ConfirmOptions {
  readonly assumeYes: boolean;
  /** What Enter alone means; no without it. */
  readonly defaultYes?: boolean;
  readonly signal?: AbortSignal;
}

export interface CommandStdio {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** A machine that was found by its name, or by looking upwards. */
export interface ChosenMachine {
  /** Absolute path of its config file, which need not exist. */
  readonly file: string;
  /** By how many folders it lies above the current one; undefined for one found by its name. */
  readonly levels?: number | undefined;
  /** A throwaway copy of it is meant, which runs: its id. */
  readonly copy?: string | undefined;
}

/** Which machine is meant, and how much is reported. */
export interface LifecycleOptions {
  /** A config file, relative to `cwd`; the default is utopia.config in that folder. */
  readonly config?: string | undefined;
  /** The machine that is meant instead of the current folder's: found by name, or in a folder above. */
  readonly machine?: ChosenMachine | undefined;
  /** The current folder's machine is meant, also where it has none yet: no folder above is searched. */
  readonly here?: boolean | undefined;
  /** The result goes to a program: no display is drawn. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}
