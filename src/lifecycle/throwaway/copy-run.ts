import type { CommandStreams } from './channel.ts';
import type { FolderUse } from './guest-command.ts';
import type { KeepWish } from './kept-names.ts';

/** Of a copy that a program asks something: nobody types, all that it prints is kept, nothing else comes back. */
export const askedCopy = {
  use: 'private',
  copyOut: [],
  maxCopyOutBytes: 0,
  keep: undefined,
  sees: undefined,
  network: false,
  from: undefined,
  cold: false,
  capture: true,
  noInput: true,
  begins: () => {},
} as const satisfies Partial<CopyRun>;

/** What is asked of a copy. */
export interface CopyRun {
  readonly words: readonly string[];
  /** The words, where they are known only while the copy comes up: awaited before its folder is mounted. */
  readonly laterWords?: () => Promise<readonly string[]>;
  readonly timeoutMs: number | undefined;
  /** What the command may do with the folder. */
  readonly use: FolderUse;
  /** Paths below the folder that are brought back when the command has ended. */
  readonly copyOut: readonly string[];
  /** Of all of them together. */
  readonly maxCopyOutBytes: number;
  /** Make a machine of the copy when the command has ended. */
  readonly keep: KeepWish | undefined;
  readonly yes: boolean;
  /** Paths of the folder that the copy gets to see; undefined for all of it. */
  readonly sees: readonly string[] | undefined;
  /** The guest reaches this host and what that reaches. */
  readonly network: boolean;
  /** Name of a snapshot of the machine; the copy is one of its image without. */
  readonly from: string | undefined;
  /** The config's sensor feed is brought to the copy from its start; without, its port stays silent. */
  readonly fed?: boolean;
  /** The config's UTOPIA_ON_CRASH counts; without, a crash is only reported. */
  readonly watchesCrashes?: boolean;
  /** Boot, although there may be a warm base, or memory in the snapshot. */
  readonly cold: boolean;
  /** Keep what the command prints instead of passing it through. */
  readonly capture: boolean;
  /** Of each output: how many bytes are kept. */
  readonly maxOutputBytes: number;
  /** The command reads nothing: our stdin is not its own. */
  readonly noInput: boolean;
  /** Takes what it prints beside what is kept of it. */
  readonly alsoTo?: NonNullable<CommandStreams['alsoTo']>;
  /** How long the guest may take to come up, in ms; as long as something moves without it. */
  readonly bootTimeoutMs?: number | undefined;
  /** Called with the console's file, which may not be there, before the copy is removed. */
  readonly takeConsole?: (file: string) => Promise<void>;
  /** performance.now() when the program began. */
  readonly startedAt: number;
  /** Called when the command is started. */
  readonly begins: () => void;
}
