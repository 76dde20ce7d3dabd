import type { ConfigFlags } from '../launch/locate.ts';
import type { FolderUse } from '../throwaway/guest-command.ts';
import type { KeepWish } from '../throwaway/kept-names.ts';

/** What a step of `git bisect run` is asked beside TEST. */
export interface BisectWish {
  /** What a kernel that does not come up says of its commit. */
  readonly bootFailureIs: 'skip' | 'bad';
  /** Folder for the objects, as typed. */
  readonly output: string | undefined;
  readonly llvm: boolean;
  readonly ccache: boolean;
}

export interface RunOptions {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** For the command, not for the boot. */
  readonly timeoutMs: number | undefined;
  /** What the command may do with the folder. */
  readonly use: FolderUse;
  /** Paths below the folder that are brought back; `{}` is the path with `each`. */
  readonly copyOut: readonly string[];
  /** How many bytes of them are brought back at most. */
  readonly maxCopyOutBytes: number;
  /** Make a machine of the copy; for a single run only. */
  readonly keep: KeepWish | undefined;
  /** File for the result as JUnit XML, relative to the current folder. */
  readonly junit: string | undefined;
  /** Paths for each of which the command is run, in a copy of its own; empty for a single run. */
  readonly each: readonly string[];
  /** Paths of the folder that each of these copies sees besides its own. */
  readonly with: readonly string[];
  /** Each of these copies sees the whole folder. */
  readonly shareFolder: boolean;
  /** File with a command a line, each for a copy of its own; `-` for stdin. Instead of `words`. */
  readonly commands: string | undefined;
  /** Of each of a command's outputs: how many bytes are kept where it is captured. */
  readonly maxOutputBytes: number;
  /** Folder for a file an item with its verdict, written as it ends. */
  readonly results: string | undefined;
  /** What has a verdict there is not run again. */
  readonly resume: boolean;
  /** Folder for each command's whole output, and how many bytes of each stream. */
  readonly logs: string | undefined;
  readonly maxLogBytes: number;
  /** How many copies at once, or, of a bisection, how much make does at once; undefined for as many as fit. */
  readonly jobs: number | undefined;
  readonly yes: boolean;
  /** The guest reaches this host and what that reaches. */
  readonly network: boolean;
  /** Name of a snapshot, of which it is to be a copy; undefined for one of the image. */
  readonly from: string | undefined;
  /** Boot, although there may be a warm base, or memory in the snapshot. */
  readonly cold: boolean;
  /** The copies get the sensor feed of the flags. */
  readonly fed: boolean;
  /** UTOPIA_ON_CRASH of the flags counts in the copies. */
  readonly watchesCrashes: boolean;
  /** Kernels, each for a copy of its own; empty without, or with one, which is a flag. */
  readonly kernels: readonly string[];
  /** This is a step of a bisection. */
  readonly bisect: BisectWish | undefined;
  readonly flags: ConfigFlags;
}
