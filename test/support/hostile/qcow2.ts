import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../../src/errors.ts';
import { checkBackingFile } from '../../../src/image/backing-file.ts';
import { openDisk } from '../../../src/image/disks/open-disk.ts';
import { checkDownload } from '../../../src/image/fetch/check-image.ts';
import { readOverlayFile } from '../../../src/image/overlay-file.ts';
import { hostileQcow2 } from './qcow2-maker.ts';
import { target } from './target.ts';

/** Every reader of qcow2 files: an image, a download, a private file, and what a disk holds. */
export const qcow2Target = target<Buffer>({
  id: 'qcow2',
  generate: hostileQcow2,
  run: async (file, folder) => {
    const path = join(folder, 'disk.qcow2');
    await writeFile(path, file);
    await refusing(async () => await readOverlayFile(path));
    const format = await refusing(async () => await checkBackingFile(path));
    const handle = await open(path, 'r');
    try {
      const fetched = await refusing(async () => await checkDownload(handle));
      if (fetched === 'qcow2' && format !== 'qcow2')
        throw new Error('fetched, and not started from');
    } finally {
      await handle.close();
    }
    if (format !== 'qcow2') return;
    const disk = await openDisk(path, 'qcow2');
    try {
      const read = await disk.read(0, 4096);
      if (read.length > 4096) throw new Error(`${read.length} bytes for 4096`);
      await disk.read(2 ** 52, 4096);
    } finally {
      await disk[Symbol.asyncDispose]();
    }
  },
});

/** What a reader gives; undefined where it refuses in its own way. */
async function refusing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UtopiaError) return undefined;
    throw error;
  }
}
