/**
 * Sends a signal to every process of a group; nothing where there is none any more. The group must
 * be one that this process has started (`detached`) and whose leader it has not seen end: another
 * could have its number later.
 */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
