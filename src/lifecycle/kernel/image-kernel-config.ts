import { stat } from 'node:fs/promises';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { openDisk } from '../../image/disks/open-disk.ts';
import type { ReadDisk } from '../../image/disks/contents.ts';
import { readPartitionTable } from '../../image/disks/partitions.ts';
import { openExtFiles } from '../../image/ext/ext-files.ts';
import { mostConfigBytes } from '../../kernel/config-text.ts';
import { locateMachine } from '../launch/locate.ts';
import { requireBackingFile } from '../launch/prepare.ts';

/** The config of an image's kernel. */
export interface ImageKernelConfig {
  /** Path of the image on this host, and of the file in it. */
  readonly image: string;
  readonly path: string;
  readonly text: string;
}

/**
 * Reads /boot/config-VERSION of the newest kernel out of the machine's image; nothing is mounted.
 * Throws `image-missing`, and `kernel-unsuitable` where there is none to be read.
 */
export async function readImageKernelConfig(
  context: LifecycleContext,
  globals: LifecycleOptions,
): Promise<ImageKernelConfig> {
  const located = await locateMachine(context, globals);
  const { path: image, format } = await requireBackingFile(context, located);
  const { size } = await stat(image);
  await using disk = await openDisk(image, format);
  const table = await readPartitionTable(disk.read, size).catch(() => undefined);
  const starts = table === undefined ? [0] : table.partitions.map(({ startBytes }) => startBytes);
  for (const start of starts) {
    const found = await findIn(disk.read, start).catch(() => undefined);
    if (found !== undefined) return { image, ...found };
  }
  throw new UtopiaError(
    'kernel-unsuitable',
    `${image} has no /boot/config-VERSION that can be read.`,
    {
      details: ['It is looked for in ext file systems on the disk and in its partitions.'],
      hint:
        'Take it out of the running guest, and name the file:\n' +
        "utopia cp ':/boot/config-*' .  then  utopia kernel config --base config-VERSION",
    },
  );
}

async function findIn(
  read: ReadDisk,
  start: number,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const files = await openExtFiles(read, start);
  if (files === undefined) return undefined;
  // A /boot of its own is the root of its file system.
  for (const folder of ['/boot', '/']) {
    const names = (await files.list(folder)).filter((name) => name.startsWith('config-'));
    const newest = names.toSorted(compareVersions).at(-1);
    if (newest === undefined) continue;
    const file = await files.find(`${folder === '/' ? '' : folder}/${newest}`);
    if (file !== undefined) {
      return { path: `/boot/${newest}`, text: await file.text(mostConfigBytes) };
    }
  }
  return undefined;
}

/** 6.1.0-9 before 6.1.0-10. */
function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
