import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Config } from '../config/machine-config.ts';
import { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { findLockHolder, type FileLock } from './file-locks.ts';
import { checkRoom, leastFreeBytes } from './free-space.ts';
import { identifyFile } from './identity.ts';
import { copyOfSmall, makeOverlay, removeLeftovers } from './overlay-creation.ts';
import { readOverlayFile, type OverlayFile } from './overlay-file.ts';
import { matchOverlay, type OverlayMatch } from './overlay-match.ts';
import { readRecordToStart, recordPath, writeRecord } from './overlay-record.ts';
import { keepFromOthers } from './private-file.ts';
import type { QemuImg } from './qemu-img.ts';
import type { BackingFile, Overlay, OverlayPrediction } from './image-files.ts';

/** What an overlay is judged by. */
export interface OverlayQuestion {
  readonly config: Pick<Config, 'privateFile'>;
  readonly backing: BackingFile;
  /** The machine of this config runs: its overlay is looked at, and nothing is written beside it. */
  readonly running?: boolean;
  /** The host's locks, where they are already being read. */
  readonly locks?: Promise<readonly FileLock[]>;
}

/**
 * Makes the private file when it is missing (as a copy of the overlay `contents`, of some
 * megabytes, if that is given), else looks whether it is fit to be
 * started: a whole qcow2 file that nobody else writes to, over the configured
 * backing file, which is still what it was. A good overlay costs a few
 * milliseconds and no child process. Throws `overlay-damaged`, `overlay-locked`,
 * `image-unsuitable`, `image-changed`, `image-missing`, `disk-full`,
 * `cannot-create` and what qemu-img's failures become.
 */
export async function prepareOverlay(
  question: OverlayQuestion & QemuImg & { readonly now: Date; readonly contents?: string },
): Promise<Overlay> {
  const { config, backing, now, running = false, contents } = question;
  const path = config.privateFile;
  const existing = await readOverlayFile(path);
  if (existing === undefined) {
    const tight = await checkPlace(path);
    const identity = await identifyFile(backing.path);
    const fill = contents === undefined ? undefined : copyOfSmall(contents);
    const created = await makeOverlay(question, path, backing, identity, now, fill);
    // Another process was faster: its overlay is judged like any that was there.
    if (!created) return await prepareOverlay(question);
    const made = await readOverlayFile(path);
    const warnings = tight === undefined ? [] : [tight];
    return { path, backing, created, allocatedBytes: made?.allocatedBytes ?? 0, warnings };
  }
  const match = await judge(existing, question);
  const warnings = [...match.warnings];
  if (!running) {
    await mend(existing, backing, match, now);
    await keepFromOthers(recordPath(path));
    if (await keepFromOthers(path)) {
      warnings.push(`Other users could open ${basename(path)}; from now on only you can (0600).`);
    }
  }
  const { allocatedBytes } = existing;
  return { path, backing, created: false, allocatedBytes, warnings };
}

/** Says what `prepareOverlay` would find or do, with the same refusals, and touches nothing. */
export async function describeOverlay(question: OverlayQuestion): Promise<OverlayPrediction> {
  const { config, backing } = question;
  const path = config.privateFile;
  const existing = await readOverlayFile(path);
  if (existing === undefined) {
    const tight = await checkPlace(path);
    const warnings = tight === undefined ? [] : [tight];
    return { path, backing, exists: false, allocatedBytes: 0, warnings };
  }
  const { warnings } = await judge(existing, question);
  return { path, backing, exists: true, allocatedBytes: existing.allocatedBytes, warnings };
}

async function judge(existing: OverlayFile, question: OverlayQuestion): Promise<OverlayMatch> {
  const { backing, running = false, locks } = question;
  if (!running) await refuseLocked(existing.path, locks);
  const { record, warnings } = await readRecordToStart(existing.path);
  const matched = await matchOverlay(existing, backing, record);
  const match = { ...matched, warnings: [...warnings, ...matched.warnings] };
  if (running) return match;
  const tight = await checkRoom(dirname(existing.path), 0);
  return tight === undefined ? match : { ...match, warnings: [...match.warnings, tight] };
}

/** Throws `overlay-locked`, naming the holder, when a QEMU has the overlay open for writing. */
export async function refuseLocked(
  path: string,
  locks?: Promise<readonly FileLock[]>,
): Promise<void> {
  const holder = await findLockHolder(path, 'any-use', locks);
  if (holder === undefined) return;
  const by =
    holder === 'unknown' ? "another user's program" : `${holder.program}, process ${holder.pid}`;
  throw new UtopiaError('overlay-locked', `The private file ${path} is in use by ${by}.`, {
    details: ['Two machines on one private file would destroy it.'],
    hint:
      holder === 'unknown'
        ? 'Ask who else uses it, or set QCOW2_PRIVATE_FILE to a file of your own.'
        : 'utopia status shows your machine, utopia down ends it. Another one, started\n' +
          `elsewhere, ends with poweroff in its guest, or: kill ${holder.pid}`,
  });
}

async function checkPlace(path: string): Promise<string | undefined> {
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new UtopiaError(
      'cannot-create',
      missing
        ? `The private file ${path} cannot be made: its folder does not exist.`
        : `The private file ${path} cannot be made: its folder is not writable (${code}).`,
      {
        hint: missing
          ? `mkdir -p ${quoteForShell(folder)}`
          : 'Work in a folder of your own, or point QCOW2_PRIVATE_FILE to one.',
        cause: error,
      },
    );
  }
  return await checkRoom(folder, leastFreeBytes);
}

/** Writes down what was found harmlessly out of date, and clears what a cut-short creation left. */
async function mend(
  existing: OverlayFile,
  backing: BackingFile,
  match: OverlayMatch,
  now: Date,
): Promise<void> {
  if (existing.linkCount > 1) await removeLeftovers(existing.path);
  if (!match.recordWanted) return;
  try {
    await writeRecord(existing.path, { path: backing.path, identity: match.identity }, now);
  } catch {
    // A full or read-only folder must not keep a good machine from starting; the next start tries again.
  }
}
