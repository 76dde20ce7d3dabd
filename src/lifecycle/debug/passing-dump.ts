import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningMachine } from '../../machine/state.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { dumpMachine } from './dump-machine.ts';

/**
 * Dumps the memory of a running machine into a file in the machine's own folder, and removes that
 * when `use`, which gets its path, has ended; those of killed callers go first. `silent`: no display
 * is drawn. Throws as dumpMachine does.
 */
export async function withPassingDump<Result>(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  silent: boolean,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const base = join(located.paths.stateDir, 'drgn');
  await removeDrafts(base);
  const draft = draftPath(base);
  const display = await context.reporter.openProgress(silent);
  try {
    const { file } = await dumpMachine(context, located, running, {
      ...{ file: draft, format: 'elf', force: false },
      onBytes: (bytes) =>
        display.report({ kind: 'moved', title: 'memory', detail: formatBytes(bytes) }),
    }).finally(() => display.close());
    return await use(file);
  } finally {
    await rm(draft, { force: true });
  }
}
