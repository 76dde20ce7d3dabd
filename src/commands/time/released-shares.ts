import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../atomic-file.ts';
import type { ShareMount } from '../../guest/share-mounts.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { ProcessIdentity } from '../../machine/process.ts';

/** Shares that a save took away in the guest, should it be killed before it mounts them again. */
interface ReleasedNote {
  readonly schema: 1;
  readonly qemu: ProcessIdentity;
  readonly mounts: readonly ShareMount[];
}

function noteFile({ runtimeDir }: Pick<MachinePaths, 'runtimeDir'>): string {
  return join(runtimeDir, 'released-shares.json');
}

/** Writes down what was taken away. */
export async function noteReleased(
  paths: Pick<MachinePaths, 'runtimeDir'>,
  qemu: ProcessIdentity,
  mounts: readonly ShareMount[],
): Promise<void> {
  if (mounts.length === 0) return;
  const note: ReleasedNote = { schema: 1, qemu, mounts };
  await writeFileAtomically(noteFile(paths), JSON.stringify(note), { mode: 0o600 });
}

/** What a save of this QEMU has taken away and not brought back; empty when nothing. */
export async function readReleased(
  paths: Pick<MachinePaths, 'runtimeDir'>,
  { pid, startTicks }: ProcessIdentity,
): Promise<readonly ShareMount[]> {
  try {
    const note = JSON.parse(await readFile(noteFile(paths), 'utf8')) as ReleasedNote;
    const same = note.qemu.pid === pid && note.qemu.startTicks === startTicks;
    return note.schema === 1 && same ? note.mounts : [];
  } catch {
    return [];
  }
}

/** The shares are mounted again. */
export async function forgetReleased(paths: Pick<MachinePaths, 'runtimeDir'>): Promise<void> {
  await rm(noteFile(paths), { force: true });
}
