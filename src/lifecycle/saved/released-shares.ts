import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import type { ShareMount } from '../../guest/share-mounts.ts';
import { UtopiaError } from '../../errors.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { processShape } from '../../machine/state-shape.ts';
import type { ProcessIdentity } from '../../system/process.ts';
import { readJson } from '../../system/json-file.ts';
import { aFlag, aText, listOf, maybe, object, oneOf, type Shape } from '../../text/shape.ts';
import { quoteForShell } from '../../text/shell-words.ts';

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

const noteShape: Shape<ReleasedNote> = object({
  schema: oneOf(1),
  qemu: processShape,
  mounts: listOf(object({ source: aText, target: aText, options: aText })),
  agent: maybe(aFlag),
});

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

/**
 * What the guest of this QEMU was not given back yet; undefined when it lacks nothing. Throws
 * `state-unfit` where that is written down and cannot be read.
 */
export async function readReleased(
  paths: Pick<MachinePaths, 'runtimeDir'>,
  { pid, startTicks }: ProcessIdentity,
): Promise<ReleasedGuest | undefined> {
  const file = noteFile(paths);
  const reading = await readJson(file, noteShape);
  if (reading.kind === 'unreadable') {
    throw new UtopiaError('state-unfit', 'What this guest was to be given back cannot be read.', {
      details: [
        `${file}: ${reading.why}`,
        'Its clock may be wrong, and its share not mounted, since it was saved or restored.',
      ],
      hint: `Look after both in the guest (date, mount), then: rm ${quoteForShell(file)}`,
    });
  }
  if (reading.kind === 'absent') return undefined;
  const { qemu, mounts, agent } = reading.value;
  return qemu.pid === pid && qemu.startTicks === startTicks ? { mounts, agent } : undefined;
}

/** The guest has everything again. */
export async function forgetReleased(paths: Pick<MachinePaths, 'runtimeDir'>): Promise<void> {
  await rm(noteFile(paths), { force: true });
}
