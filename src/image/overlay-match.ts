import { stat } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { compareIdentities, formatFileTime, identifyFile, type FileIdentity } from './identity.ts';
import type { OverlayFile } from './overlay-file.ts';
import type { OverlayRecord } from './overlay-record.ts';
import type { BackingFile } from './image-files.ts';

/** That an overlay fits its backing file, and what there is to write down about it. */
export interface OverlayMatch {
  readonly identity: FileIdentity;
  /** The record is missing or out of date in a harmless way. */
  readonly recordWanted: boolean;
  readonly warnings: readonly string[];
}

/**
 * Looks whether an overlay still stands on what it was made over: the header
 * names the configured backing file, and that file is what it was. Writes
 * nothing. Throws `image-missing` and `image-changed` with the choices.
 */
export async function matchOverlay(
  overlay: OverlayFile,
  backing: BackingFile,
  record: OverlayRecord | undefined,
): Promise<OverlayMatch> {
  if (overlay.backingPath !== backing.path) await refuseOther(overlay, backing, record);
  const format = overlay.header.backingFormat;
  if (format !== undefined && format !== backing.format) {
    throw new UtopiaError(
      'image-changed',
      `${overlay.path} reads its backing file as ${format}, but ${backing.path} is ${backing.format} now.`,
      { hint: 'Put the image back that it was made over, or start afresh: utopia reset' },
    );
  }
  const now = await identifyFile(backing.path, record?.backing.identity);
  if (record === undefined) return adopt(overlay, now);
  const comparison = compareIdentities(record.backing.identity, now);
  // A record about another file was left behind by an overlay that is gone.
  if (comparison !== 'same' && record.backing.path !== overlay.backingPath) {
    return adopt(overlay, now);
  }
  if (comparison !== 'same') throw changed(overlay, backing, record.backing.identity, now);
  return {
    identity: now,
    recordWanted: now !== record.backing.identity || record.backing.path !== backing.path,
    warnings: [],
  };
}

function adopt(overlay: OverlayFile, now: FileIdentity): OverlayMatch {
  const newer = Number(BigInt(now.mtimeNs) / 1_000_000n) > overlay.mtimeMs;
  return {
    identity: now,
    recordWanted: true,
    warnings: newer
      ? [
          `The backing file was written (${formatFileTime(now.mtimeNs)}) after ${overlay.path} last was: ` +
            'if it was replaced, files in the guest are damaged.',
        ]
      : [],
  };
}

/** The header names another file than the config: fine when it is the same one by another path. */
async function refuseOther(
  overlay: OverlayFile,
  backing: BackingFile,
  record: OverlayRecord | undefined,
): Promise<void> {
  const [named, configured] = await Promise.all([
    stat(overlay.backingPath).catch(() => undefined),
    stat(backing.path),
  ]);
  if (named !== undefined) {
    if (named.dev === configured.dev && named.ino === configured.ino) return;
    throw new UtopiaError(
      'image-changed',
      `${overlay.path} was made over another image than ${describeOrigin(backing)} names.`,
      {
        details: [`made over    ${overlay.backingPath}`, `configured   ${backing.path}`],
        hint:
          `Keep the machine: QCOW2_BACKING_FILE=${quoteForShell(overlay.backingPath)}\n` +
          'Start afresh on the configured image, keeping this one aside: utopia reset',
      },
    );
  }
  const now = record === undefined ? undefined : await identifyFile(backing.path);
  const verdict =
    record === undefined || now === undefined
      ? 'unknown'
      : compareIdentities(record.backing.identity, now);
  throw new UtopiaError(
    verdict === 'changed' ? 'image-changed' : 'image-missing',
    `The backing file of ${overlay.path} is gone: ${overlay.backingPath}`,
    {
      details: [`${backing.path} ${whatItIs(verdict)}`],
      hint:
        verdict === 'changed'
          ? 'Put the old image back, or start afresh: utopia reset'
          : `utopia image rebase --to ${quoteForShell(backing.path)}`,
    },
  );
}

function whatItIs(verdict: 'same' | 'other-time' | 'changed' | 'unknown'): string {
  if (verdict === 'changed') return 'is not the same image: its size or contents differ.';
  if (verdict === 'unknown') return 'may be the same image: nothing was recorded to tell by.';
  return 'is the same image by size and sampled contents: it was moved.';
}

function describeOrigin(backing: BackingFile): string {
  if (backing.origin === 'config') return 'QCOW2_BACKING_FILE';
  return backing.origin === 'folder' ? 'the course image in the folder' : 'the image store';
}

function changed(
  overlay: OverlayFile,
  backing: BackingFile,
  then: FileIdentity,
  now: FileIdentity,
): UtopiaError {
  const same = compareIdentities(then, now) === 'other-time';
  return new UtopiaError(
    'image-changed',
    `The backing file ${backing.path} is not what ${overlay.path} was made over.`,
    {
      details: [
        describeIdentity('then', then),
        describeIdentity('now ', now),
        same
          ? 'Its size and the sampled contents are the same, only the time differs.'
          : 'Its contents differ: a machine started on both would damage its files.',
      ],
      hint: same
        ? 'If it was only copied or touched: utopia image rebase\n' +
          'If it may have been written to: put the old one back, or utopia reset'
        : 'Put the old image back, or start afresh, keeping this one aside: utopia reset',
    },
  );
}

function describeIdentity(name: string, identity: FileIdentity): string {
  const bytes = String(identity.bytes).padStart(14);
  return `${name}  ${bytes} bytes, written ${formatFileTime(identity.mtimeNs)}`;
}
