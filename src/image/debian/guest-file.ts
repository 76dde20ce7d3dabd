/** A file that the image has besides its packages' own. */
export interface GuestFile {
  /** Absolute in the guest. */
  readonly path: string;
  readonly content: string;
  /** Permission bits; 0644 without. The owner is root. */
  readonly mode?: number;
}
