import { stat } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import { readStart } from '../file-start.ts';
import { recogniseKind } from '../file-kind.ts';
import { parseQcow2Header, qcow2HeaderBytes } from '../qcow2-header.ts';

/** Bytes that a file occupies on disk; 0 for a dangling link. */
export async function occupiedBytes(path: string): Promise<number> {
  return await stat(path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
}

/**
 * Throws `image-unsuitable` unless a private file is what may be deleted for good:
 * an overlay, an empty file, a dangling link. A whole disk under that name is more
 * likely somebody's image than somebody's changes.
 */
export async function checkDeletable(path: string): Promise<void> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) return;
  if (file.isFile()) {
    const start = await readStart(path, qcow2HeaderBytes);
    const kind = recogniseKind(start);
    const header = parseQcow2Header(start);
    const wholeDisk = typeof header !== 'string' && header.backingName === undefined;
    if (kind === 'empty' || (kind === 'qcow2' && !wholeDisk)) return;
  }
  throw new UtopiaError('image-unsuitable', `${path} is no overlay; it is not deleted.`, {
    hint: 'utopia reset puts it aside. To delete it, use rm.',
  });
}

/** Throws `image-unsuitable` where a reset would move a folder: the config names the wrong thing. */
export async function checkMovable(path: string): Promise<void> {
  const file = await stat(path).catch(() => undefined);
  if (file?.isDirectory() !== true) return;
  throw new UtopiaError('image-unsuitable', `QCOW2_PRIVATE_FILE=${path} is a folder.`, {
    hint: 'Correct QCOW2_PRIVATE_FILE in utopia.config.',
  });
}
