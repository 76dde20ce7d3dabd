/**
 * What happens during a long piece of work, as data. A stage is one line of the
 * display; a note is a line of its own that does not end the stage under way.
 */
export type ProgressEvent =
  | { readonly kind: 'started'; readonly title: string }
  /** `fraction` runs from 0 to 1; without it the length of the work is not known. */
  | {
      readonly kind: 'moved';
      readonly title: string;
      readonly fraction?: number;
      readonly detail?: string;
    }
  | {
      readonly kind: 'finished';
      readonly title: string;
      readonly detail?: string;
      readonly elapsedMs?: number;
    }
  | { readonly kind: 'warned'; readonly title: string; readonly detail?: string }
  | { readonly kind: 'failed'; readonly title: string; readonly detail?: string }
  | { readonly kind: 'note'; readonly text: string };

export type ReportProgress = (event: ProgressEvent) => void;

/** A drawing of progress that must be closed, so that no spinner outlives its work. */
export interface ProgressDisplay {
  readonly report: ReportProgress;
  close(): void;
}
