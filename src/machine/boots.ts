import { stat } from 'node:fs/promises';
import { numberedLog, keptBoots } from './numbered-logs.ts';

/** The log of one start of the machine, the present one or an earlier one. */
export interface BootLog {
  /** 0 for the last start, 1 for the one before it, … */
  readonly boot: number;
  readonly file: string;
  readonly bytes: number;
  readonly begunAt: Date;
  readonly writtenAt: Date;
}

/** The kept logs of `file` (console.log or qemu.log), the last start first. */
export async function listBoots(file: string): Promise<BootLog[]> {
  const boots = await Promise.all(
    Array.from({ length: keptBoots + 1 }, async (_none, boot) => {
      const path = numberedLog(file, boot);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return undefined;
      // A file system without birth times says 0.
      const begunAt = found.birthtimeMs > 0 ? found.birthtime : found.mtime;
      return { boot, file: path, bytes: found.size, begunAt, writtenAt: found.mtime };
    }),
  );
  return boots.filter((each) => each !== undefined);
}
