import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import type { ShareMount } from '../../guest/share-mounts.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { ProcessIdentity } from '../../system/process.ts';
import { readRegularText } from '../../system/regular-file.ts';

/** What was done to a guest for saving it, and must be brought back when it goes on. A manifest says it, too. */
export interface ReleasedGuest {
  /** Shares that were taken away. */
  readonly mounts: readonly ShareMount[];
  /** The agent waits at its port. */
  readonly agent?: boolean | undefined;
}

/** The same, should whoever is to bring it back be killed before. */
interface ReleasedNote extends ReleasedGuest {
  readonly schema: 1;
  readonly qemu: ProcessIdentity;
}

function noteFile({ runtimeDir }: Pick<MachinePaths, 'runtimeDir'>): string {
  return join(runtimeDir, 'released-shares.json');
}

/** Writes down that the guest of this QEMU must be woken, and what it lacks besides the right time. */
export async function noteReleased(
  paths: Pick<MachinePaths, 'runtimeDir'>,
  qemu: ProcessIdentity,
  { mounts, agent }: ReleasedGuest,
): Promise<void> {
  const note: ReleasedNote = { schema: 1, qemu, mounts, agent };
  await writeFileAtomically(noteFile(paths), JSON.stringify(note), { mode: 0o600 });
}

/** What the guest of this QEMU was not given back yet; undefined when it lacks nothing. */
export async function readReleased(
  paths: Pick<MachinePaths, 'runtimeDir'>,
  { pid, startTicks }: ProcessIdentity,
): Promise<ReleasedGuest | undefined> {
  try {
    const note = JSON.parse(await readRegularText(noteFile(paths))) as ReleasedNote;
    const same = note.qemu.pid === pid && note.qemu.startTicks === startTicks;
    return note.schema === 1 && same ? { mounts: note.mounts, agent: note.agent } : undefined;
  } catch {
    return undefined;
  }
}

/** The guest has everything again. */
export async function forgetReleased(paths: Pick<MachinePaths, 'runtimeDir'>): Promise<void> {
  await rm(noteFile(paths), { force: true });
}
