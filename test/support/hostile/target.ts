import type { Random } from './random.ts';

/** A reader of foreign bytes, with a maker of hostile ones. */
export interface HostileTarget<Input = unknown> {
  /** What `--target` takes. */
  readonly id: string;
  /** The same input for the same numbers; small mostly, large now and then. */
  generate(random: Random): Input;
  /**
   * Reads it. Throws for what must not be: whatever the reader throws that is not its own way to
   * refuse, and results beyond its bounds. `folder` is for files, private and removed afterwards.
   */
  run(input: Input, folder: string): void | Promise<void>;
}

/** For a table of targets with inputs of different kinds: a target runs what it has generated. */
export function target<Input>(made: HostileTarget<Input>): HostileTarget {
  return { ...made, run: async (input, folder) => await made.run(input as Input, folder) };
}
