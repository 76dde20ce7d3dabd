/** A module's source and test, in which NAME stands for its name. */
export interface SkeletonSource {
  readonly code: string;
  /** Shell text, run as root in the module's folder while it is inserted; 0 is passed. */
  readonly test: string;
}
