/** Something in the configuration that keeps a machine from being planned, with what to do about it. */
export interface Problem {
  /** Line of the configuration file, counted from 1. */
  readonly line?: number | undefined;
  /** The key concerned, when it is one of ours. */
  readonly key?: string | undefined;
  readonly message: string;
  /** One next action: what to write instead. */
  readonly hint: string;
}

/** Something that is probably not meant so, but has a clear reading. */
export interface Warning {
  readonly line?: number | undefined;
  readonly key?: string | undefined;
  readonly message: string;
}
