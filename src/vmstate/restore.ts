import { readFile } from 'node:fs/promises';
import type { QmpClient } from '../qmp/client.ts';
import { prepareMigration, watchMigration } from './migration.ts';

/** The descriptor of a state file in a QEMU that was started to restore it (`startQemu`'s `stateFile`). */
export const stateDescriptor = 3;

export interface RestoreOptions {
  /** Leaves the machine stopped instead of letting it go on. */
  readonly stayStopped?: boolean | undefined;
  /** The state was saved without the memory, which lies in a file of its own. */
  readonly memoryApart?: boolean | undefined;
  /** Bytes read so far, some times a second; `qemuPid` must be given, too. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly qemuPid?: number | undefined;
}

/**
 * Lets a QEMU that was started with `-incoming defer` and a state file on
 * descriptor 3 read it, and the machine go on from there. QEMU reads the file
 * itself: nothing is copied through this process. Returns ms. Throws `qemu-failed` in QEMU's words.
 */
export async function restoreState(qmp: QmpClient, options: RestoreOptions = {}): Promise<number> {
  const startedAt = performance.now();
  await prepareMigration(qmp, options.memoryApart);
  const watch = watchMigration(qmp, 'restoring a saved state');
  const timer = reportProgress(options);
  try {
    await qmp.execute('migrate-incoming', { uri: `fd:${stateDescriptor}` });
    await watch.ended;
    if (options.stayStopped !== true) await qmp.execute('cont');
    return Math.round(performance.now() - startedAt);
  } finally {
    clearInterval(timer);
    watch.stop();
  }
}

const progressMs = 100;

/** The kernel knows how far a process has read a file (proc(5), fdinfo). */
function reportProgress({ onProgress, qemuPid }: RestoreOptions): NodeJS.Timeout | undefined {
  if (onProgress === undefined || qemuPid === undefined) return undefined;
  return setInterval(() => {
    void readFile(`/proc/${qemuPid}/fdinfo/${stateDescriptor}`, 'utf8').then(
      (text) => onProgress(Number(/^pos:\s+(\d+)/m.exec(text)?.[1] ?? 0)),
      () => {},
    );
  }, progressMs);
}
