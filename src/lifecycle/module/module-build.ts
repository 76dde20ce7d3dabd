import type { UtopiaError } from '../../errors.ts';
import type { BuildTrouble } from '../../diagnose/build-trouble.ts';

/** Something that a build, or a checker, complains of. */
export interface Diagnostic {
  /** Relative to the module's folder where it lies there, else as the program named it; null where none is named. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly level: 'error' | 'warning';
  readonly message: string;
}

/** `utopia module build --json`. */
export interface ModuleBuildReport {
  readonly schema: 1;
  readonly outcome: 'built' | 'failed';
  /** On this host with its own tool chain or with the image's, or in a throwaway copy of the machine. */
  readonly where: 'host' | 'native' | 'guest';
  /** Why there, as half a sentence. */
  readonly why: string;
  /** make reached nothing of this host but the folder. */
  readonly confined: boolean;
  /** The release that the module is for; null where only the guest knows. */
  readonly kernel: string | null;
  /** Modules that were built, relative to the folder; none of a build that failed. */
  readonly objects: readonly string[];
  /** The first 200 errors, and the first 200 warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** Of the whole command, milliseconds. */
  readonly ms: number;
}

/** What became of a module's build. */
export interface ModuleBuild {
  readonly report: ModuleBuildReport;
  /** Why it failed; undefined where it did not. */
  readonly failure: UtopiaError | undefined;
  /** Why, where that can be known, and what helps. */
  readonly trouble: BuildTrouble | undefined;
  /** The compiler's gcov, by its words, confined as the build was; undefined for a compiler that has none. */
  readonly gcov: readonly string[] | undefined;
}

/** What a way of building comes to. */
export interface WayEnd {
  readonly succeeded: boolean;
  /** All that make printed, or its start and its end. */
  readonly output: string;
  readonly objects: readonly string[];
}
