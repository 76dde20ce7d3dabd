/** A line for the terminal, with how much it matters. */
export interface WatchLine {
  readonly level: 'info' | 'warn' | 'fail';
  readonly text: string;
}
