import { readFile } from 'node:fs/promises';
import type { QmpClient } from '../qmp/client.ts';
import { prepareMigration, watchMigration } from './migration.ts';

export interface RestoreOptions {
  /** Where QEMU finds the state: `stateUri` of `startQemu`. */
  readonly uri: string | undefined;
  /** Leaves the machine stopped instead of letting it go on. */
  readonly stayStopped?: boolean | undefined;
  /** The state was saved without the memory, which lies in a file of its own. */
  readonly memoryApart?: boolean | undefined;
  /** Bytes read so far, some times a second; `qemuPid` must be given, too. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly qemuPid?: number | undefined;
}

/**
 * Lets a QEMU that was started with `-incoming defer` and a state file read it, and the machine go
 * on from there. QEMU reads the file itself, and has let go of it afterwards. Returns ms. Throws
 * `qemu-failed` in QEMU's words.
 */
export async function restoreState(
  qmp: QmpClient,
  { uri = '', ...options }: RestoreOptions,
): Promise<number> {
  const startedAt = performance.now();
  await prepareMigration(qmp, options.memoryApart);
  const watch = watchMigration(qmp, 'restoring a saved state');
  const set = /^file:\/dev\/fdset\/(\d+)$/.exec(uri)?.[1];
  const descriptor = /^fd:(\d+)$/.exec(uri)?.[1] ?? (await findInSet(qmp, set));
  const timer = reportProgress(options, descriptor);
  try {
    await qmp.execute('migrate-incoming', { uri });
    await watch.ended;
    if (options.stayStopped !== true) await qmp.execute('cont');
    return Math.round(performance.now() - startedAt);
  } finally {
    clearInterval(timer);
    watch.stop();
    // Of a state that is deleted the disk would be free only when QEMU ends.
    if (set !== undefined)
      await qmp.execute('remove-fd', { 'fdset-id': Number(set) }).catch(() => {});
  }
}

/** `query-fdsets`, as far as it is read. */
type DescriptorSets = readonly {
  readonly 'fdset-id': number;
  readonly fds: readonly { readonly fd: number }[];
}[];

/** The descriptor in a set of QEMU's; what reads it by the set's name has the same position in the file. */
async function findInSet(qmp: QmpClient, set: string | undefined): Promise<string | undefined> {
  if (set === undefined) return undefined;
  const sets = await qmp.execute<DescriptorSets>('query-fdsets').catch((): DescriptorSets => []);
  return sets.find((each) => String(each['fdset-id']) === set)?.fds[0]?.fd.toString();
}

const progressMs = 100;

/** The kernel knows how far a process has read a file (proc(5), fdinfo). */
function reportProgress(
  { onProgress, qemuPid }: Omit<RestoreOptions, 'uri'>,
  descriptor: string | undefined,
): NodeJS.Timeout | undefined {
  if (onProgress === undefined || qemuPid === undefined) return undefined;
  if (descriptor === undefined) return undefined;
  return setInterval(() => {
    void readFile(`/proc/${qemuPid}/fdinfo/${descriptor}`, 'utf8').then(
      (text) => onProgress(Number(/^pos:\s+(\d+)/m.exec(text)?.[1] ?? 0)),
      () => {},
    );
  }, progressMs);
}
