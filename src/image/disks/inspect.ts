import { constants, type Stats } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DiskSetting } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { recogniseKind, type FileKind } from '../file-kind.ts';
import { readStart } from '../file-start.ts';
import { parseQcow2Header, qcow2HeaderBytes, whyCutOff, whyIncomplete } from '../qcow2-header.ts';
import { refuseInUse } from './in-use.ts';
import { nameOf, notAllowed, sameTwice, unreachable, unsuitable } from './problems.ts';

/** An exercise disk whose file can serve as one. */
export interface ExerciseDisk extends DiskSetting {
  readonly format: 'raw' | 'qcow2';
  /** Size that the guest sees. */
  readonly bytes: number;
}

/** What exercise disks must not be: the machine's own root disk, and what it stands on. */
export interface RootDisk {
  /** Absolute paths; they need not exist. */
  readonly privateFile: string;
  readonly backingFile: string | undefined;
}

/**
 * Looks at the files of UTOPIA_DISKS, in their order; nothing is changed. With
 * `inUse` (a machine of this lab runs) locks are not asked: they are its own.
 * Throws `image-missing`, `image-unsuitable`, `image-in-use` for the first that
 * cannot serve.
 */
export async function inspectDisks(
  disks: readonly DiskSetting[],
  root: RootDisk,
  options: { readonly inUse?: boolean } = {},
): Promise<ExerciseDisk[]> {
  const seen: { readonly disk: DiskSetting; readonly file: Stats }[] = [];
  const inspected: ExerciseDisk[] = [];
  for (const disk of disks) {
    const file = await statDisk(disk);
    const twin = seen.find((other) => isSame(other.file, file));
    if (twin !== undefined) throw sameTwice(disk, twin.disk);
    seen.push({ disk, file });
    await refuseRootDisk(disk, file, root);
    const { format, bytes } = await readFormat(disk, file);
    await checkAccess(disk);
    if (options.inUse !== true) await refuseInUse(disk);
    inspected.push({ ...disk, format, bytes });
  }
  return inspected;
}

async function statDisk(disk: DiskSetting): Promise<Stats> {
  try {
    const file = await stat(disk.path);
    if (file.isFile() || file.isBlockDevice()) return file;
    const what = file.isDirectory() ? 'a folder' : 'not a regular file';
    throw new UtopiaError('image-unsuitable', `${nameOf(disk)} is ${what}.`, {
      hint: 'Name an image file in UTOPIA_DISKS. Folders reach the guest by SHARED_FS_DIR.',
    });
  } catch (error) {
    if (error instanceof UtopiaError) throw error;
    throw await unreachable(disk, error);
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

async function refuseRootDisk(disk: DiskSetting, file: Stats, root: RootDisk): Promise<void> {
  for (const [path, what] of [
    [root.privateFile, "this machine's private file: it is its root disk already"],
    [root.backingFile, 'the image that this machine stands on; two roots would look alike to it'],
  ] as const) {
    const other = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (other === undefined || !isSame(other, file)) continue;
    throw new UtopiaError('image-unsuitable', `${nameOf(disk)} is ${what}.`, {
      hint: 'Take it out of UTOPIA_DISKS. To look into it, attach a copy of it.',
    });
  }
}

async function readFormat(
  disk: DiskSetting,
  file: Stats,
): Promise<Pick<ExerciseDisk, 'format' | 'bytes'>> {
  let start: Buffer;
  try {
    start = await readStart(disk.path, qcow2HeaderBytes);
  } catch (error) {
    throw notAllowed(disk, 'read by you', error);
  }
  const kind = recogniseKind(start);
  if (rawKinds.has(kind)) return { format: 'raw', bytes: await sizeOf(disk.path, file) };
  if (kind !== 'qcow2') throw unsuitable(disk, kind);
  const header = parseQcow2Header(start);
  const problem =
    typeof header === 'string'
      ? `is a damaged qcow2 file: ${header}`
      : (whyIncomplete(header) ?? whyCutOff(header, file.isFile() ? file.size : undefined));
  if (typeof header !== 'string' && problem === undefined) {
    return { format: 'qcow2', bytes: header.virtualBytes };
  }
  throw new UtopiaError('image-unsuitable', `${nameOf(disk)} ${problem}.`, {
    hint: `A disk must be complete in itself: qemu-img convert -O qcow2 ${quoteForShell(disk.path)} WHOLE`,
  });
}

/** A guest may be given these as they are: to mount, to open, to read without a file system. */
const rawKinds: ReadonlySet<FileKind> = new Set(['other', 'iso', 'luks', 'tar', 'json']);

/** stat(2) has no size for a block device; the kernel tells it in sectors of 512 bytes. */
async function sizeOf(path: string, file: Stats): Promise<number> {
  if (file.isFile()) return file.size;
  const device = basename(await realpath(path));
  const sectors = await readFile(`/sys/class/block/${device}/size`, 'utf8').catch(() => '0');
  return Number(sectors) * 512;
}

async function checkAccess(disk: DiskSetting): Promise<void> {
  if (disk.mode !== 'rw') return;
  await access(disk.path, constants.W_OK).catch((error: unknown) => {
    throw notAllowed(disk, 'written to by you, and :rw is asked for', error);
  });
}
