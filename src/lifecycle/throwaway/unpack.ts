import { link, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createTarReader } from '../../system/tar-reader.ts';
import { usersUmask } from '../../system/umask.ts';
import { createArchiveTree, type ArchiveBounds, type ArchiveTree } from './archive-tree.ts';

/** An archive on its way into a draft. */
export interface Unpacking {
  /** The next piece of it; resolves when more may come. Throws a RangeError for what no honest guest sends. */
  readonly take: (chunk: Buffer) => Promise<void>;
  /** What has come. Throws a RangeError where the archive breaks off. */
  finish(): Promise<ArchiveTree>;
  /** Closes what is open; the draft is the caller's. */
  close(): Promise<void>;
}

/** Where the draft has the file of this number. */
export function draftFile(draft: string, number: number): string {
  return join(draft, String(number));
}

/**
 * Unpacks an archive of a guest: its files become numbered ones in an empty folder of ours,
 * named by nobody but us, and the rest is kept in memory. Nothing is written above the bounds.
 */
export function unpackArchive(
  draft: string,
  wanted: readonly string[],
  bounds: ArchiveBounds,
): Unpacking {
  const tree = createArchiveTree(wanted, bounds);
  let file: FileHandle | undefined;
  let modifiedAt = 0;
  const reader = createTarReader({
    begin: async (member) => {
      const node = tree.add(member);
      if (node === undefined) return;
      if (node.sameAs !== undefined) {
        await link(draftFile(draft, node.sameAs), draftFile(draft, node.number));
        return;
      }
      const mode = member.mode & ~usersUmask();
      file = await open(draftFile(draft, node.number), 'wx', 0o600);
      await file.chmod(mode);
      modifiedAt = member.modifiedAt;
    },
    data: async (piece) => {
      if (file === undefined) return;
      for (let at = 0; at < piece.length;) {
        const { bytesWritten } = await file.write(piece, at);
        at += bytesWritten;
      }
    },
    end: async () => {
      // A time that the file system cannot hold is left.
      await file?.utimes(modifiedAt, modifiedAt).catch(() => {});
      await file?.close();
      file = undefined;
    },
  });
  // One piece after the other, whatever the caller does.
  let before: Promise<void> = Promise.resolve();
  return {
    take: async (chunk) => {
      before = before.then(async () => await reader.take(chunk));
      await before;
    },
    finish: async () => {
      await before;
      reader.finish();
      tree.dropLinksOut();
      return tree;
    },
    close: async () => {
      await before.catch(() => {});
      await file?.close();
      file = undefined;
    },
  };
}
