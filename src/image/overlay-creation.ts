import { constants } from 'node:fs';
import { chmod, copyFile, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { draftPath, placeFile, removeDrafts } from '../system/atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { isOutOfRoom, reasonOf } from '../system/out-of-space.ts';
import { quoteForShell } from '../text/shell-words.ts';
import type { FileIdentity } from './identity.ts';
import { recordPath, removeRecord, writeRecord } from './overlay-record.ts';
import { createOverlayFile, type QemuImg } from './qemu-img.ts';
import type { BackingFile } from './image-files.ts';

/**
 * Makes an overlay at `path` and the record beside it. The overlay is finished
 * and on the disk under a hidden name before it gets its own, in one step that
 * never replaces a file: killed at any moment, there is nothing or a whole
 * overlay with its record. Returns false when another process made it meanwhile.
 * `fill` makes the file itself where it is not to be an empty overlay: a copy of one over
 * the same image.
 */
export async function makeOverlay(
  qemuImg: QemuImg,
  path: string,
  backing: BackingFile,
  identity: FileIdentity,
  now: Date,
  fill: (draft: string) => Promise<void> = async (draft) =>
    await createOverlayFile(qemuImg, draft, backing),
): Promise<boolean> {
  const folder = dirname(path);
  await removeLeftovers(path);
  const draft = draftPath(path);
  try {
    await fill(draft);
    // cp and copyFile give the mode of what they copy.
    await chmod(draft, 0o600).catch(() => {});
    await syncFile(draft);
    await writeRecord(path, { path: backing.path, identity }, now);
    return await placeFile(draft, path);
  } catch (error) {
    throw describeFailure(error, folder);
  } finally {
    await rm(draft, { force: true });
  }
}

/** What fills a new overlay with one of some megabytes: another program for it would take as long again. */
export function copyOfSmall(contents: string): (draft: string) => Promise<void> {
  return async (draft) =>
    await copyFile(contents, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Takes an overlay away again that was made a moment ago, and that no guest has been handed over with. */
export async function unmakeOverlay(path: string): Promise<void> {
  await rm(path, { force: true });
  await removeRecord(path);
}

/** Removes what creations of this overlay left behind when they were killed. */
export async function removeLeftovers(path: string): Promise<void> {
  await removeDrafts(path);
  await removeDrafts(recordPath(path));
}

function describeFailure(error: unknown, folder: string): unknown {
  if (error instanceof UtopiaError || !(error instanceof Error) || error.name === 'AbortError') {
    return error;
  }
  if (isOutOfRoom(error)) {
    return new UtopiaError('disk-full', `No room for the private file in ${folder}.`, {
      hint: 'Free some space there, or set QCOW2_PRIVATE_FILE to a folder with more room.',
      cause: error,
    });
  }
  const what = `Cannot make the private file in ${folder}: ${reasonOf(error)}`;
  return new UtopiaError('cannot-create', what, {
    hint: `Look at its owner and mode: ls -ld ${quoteForShell(folder)}`,
    cause: error,
  });
}
