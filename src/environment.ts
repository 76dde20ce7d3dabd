/** Environment variables by name, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a command's signal was aborted. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly signalName: NodeJS.Signals;

  constructor(signalName: NodeJS.Signals) {
    super(`Interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}
