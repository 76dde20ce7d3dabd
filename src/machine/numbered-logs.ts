import { rename } from 'node:fs/promises';

/** Starts of a machine whose logs are kept: the last one and this many before it. */
export const keptBoots = 5;

/** console.log for the last start, console.1.log for the one before it, and so on. */
export function numberedLog(file: string, boot: number): string {
  return boot === 0 ? file : file.replace(/\.log$/, `.${boot}.log`);
}

/** Makes room for the next start's log: each becomes that of one start earlier, the oldest goes. */
export async function rotateLog(file: string): Promise<void> {
  for (let boot = keptBoots; boot > 0; boot -= 1) {
    await rename(numberedLog(file, boot - 1), numberedLog(file, boot)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
}
