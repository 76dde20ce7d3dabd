/** What a check's cause means and what is done about it. */
export interface CauseExplanation {
  readonly means: string;
  readonly fix: string;
}

/** A page about a check: `doctor --explain` prints it, docs/doctor.md has it. */
export interface Explanation {
  /** Why the check is there and how it judges. */
  readonly about: string;
  /** By the words of the check's `causes`. */
  readonly causes: Readonly<Record<string, CauseExplanation>>;
}
