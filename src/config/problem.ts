/** Something in the configuration that keeps a machine from being planned, with what to do about it. */
export interface Problem {
  /** Line of the configuration file, or of `file`, counted from 1. */
  readonly line?: number | undefined;
  /** Absolute path of the .env beside the configuration file, when it is about that one. */
  readonly file?: string | undefined;
  /** The key concerned, when it is one of ours. */
  readonly key?: string | undefined;
  readonly message: string;
  /** One next action: what to write instead. */
  readonly hint: string;
}

/** Something that is probably not meant so, but has a clear reading. */
export interface Warning {
  readonly line?: number | undefined;
  readonly file?: string | undefined;
  readonly key?: string | undefined;
  readonly message: string;
}
