import { rm } from 'node:fs/promises';
import { writeFileAtomically } from '../system/atomic-file.ts';
import type { FileIdentity } from './identity.ts';
import { readJson, readKnown } from '../system/json-file.ts';
import { readRegularText } from '../system/regular-file.ts';
import { aCount, aText, aTime, digits, object, oneOf, type Shape } from '../text/shape.ts';

/**
 * What utopia remembers about an overlay, as JSON in a file beside it: the
 * backing file as it was when the overlay was made. It is not inside the overlay,
 * since QEMU rewrites that header when it likes.
 */
export interface OverlayRecord {
  readonly schema: 1;
  readonly backing: { readonly path: string; readonly identity: FileIdentity };
  /** ISO 8601. */
  readonly recordedAt: string;
}

const recordShape: Shape<OverlayRecord> = object({
  schema: oneOf(1),
  backing: object({
    path: aText,
    identity: object({
      bytes: aCount,
      mtimeNs: digits,
      ctimeNs: aText,
      device: aText,
      inode: aText,
      sampleHash: aText,
    }),
  }),
  recordedAt: aTime,
});

/** `private.qcow2.utopia.json` beside `private.qcow2`. */
export function recordPath(overlayPath: string): string {
  return `${overlayPath}.utopia.json`;
}

/**
 * The record of an overlay; undefined when there is none (an overlay of
 * utopia.sh's) or when it cannot be understood.
 */
export async function readRecord(overlayPath: string): Promise<OverlayRecord | undefined> {
  return await readKnown(recordPath(overlayPath), recordShape);
}

/** The same, with a warning where there is one that cannot be read: it does not tell of a changed image. */
export async function readRecordToStart(
  overlayPath: string,
): Promise<{ readonly record: OverlayRecord | undefined; readonly warnings: readonly string[] }> {
  const reading = await readJson(recordPath(overlayPath), recordShape);
  if (reading.kind === 'read') return { record: reading.value, warnings: [] };
  const text =
    reading.kind === 'absent'
      ? []
      : [
          `${recordPath(overlayPath)} cannot be read: ${reading.why} ` +
            'It is written anew: its image counts as unchanged.',
        ];
  return { record: undefined, warnings: text };
}

/** Writes the record beside the overlay, in one step. */
export async function writeRecord(
  overlayPath: string,
  backing: OverlayRecord['backing'],
  now: Date,
): Promise<void> {
  const record: OverlayRecord = { schema: 1, backing, recordedAt: now.toISOString() };
  await writeFileAtomically(recordPath(overlayPath), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Forgets what was remembered; fine when there is nothing. */
export async function removeRecord(overlayPath: string): Promise<void> {
  await rm(recordPath(overlayPath), { force: true });
}

/** Gives an overlay's record to the place the overlay will have; without one, none is left there. */
export async function copyRecord(from: string, to: string): Promise<void> {
  const text = await readRegularText(recordPath(from)).catch(() => undefined);
  if (text === undefined) await removeRecord(to);
  else await writeFileAtomically(recordPath(to), text);
}
