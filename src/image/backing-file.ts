import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config } from '../config/machine-config.ts';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { defaultImage, storeImageOf } from './default-image.ts';
import { readStart } from './file-start.ts';
import { readOverlayFile, type OverlayFile } from './overlay-file.ts';
import { foreignDisk, recogniseKind, unpackCommand, type FileKind } from './file-kind.ts';
import { parseQcow2Header, qcow2HeaderBytes, whyCutOff, whyIncomplete } from './qcow2-header.ts';
import type { BackingFile } from './image-files.ts';
import { isReachable } from '../system/look.ts';

type BackingConfig = Pick<Config, 'backingFile' | 'folder' | 'privateFile'>;

/**
 * The image that a machine's overlay stands on: QCOW2_BACKING_FILE, else the one
 * cslab_rootfs*.raw in the config's folder, else the store's image that the overlay was made over,
 * else the store's default image.
 * Undefined when there is none of them, and no overlay that would need one. The
 * file is looked at, never changed: throws `image-missing` or `image-unsuitable`
 * when it cannot serve.
 */
export async function findBackingFile(options: {
  readonly config: BackingConfig;
  readonly env: Environment;
}): Promise<BackingFile | undefined> {
  const { config, env } = options;
  if (config.backingFile !== undefined) {
    const format = await checkBackingFile(
      config.backingFile,
      `QCOW2_BACKING_FILE=${config.backingFile}`,
    );
    return { path: config.backingFile, format, origin: 'config' };
  }
  const inFolder = await findInFolder(config.folder);
  if (inFolder !== undefined) {
    return { path: inFolder, format: await checkBackingFile(inFolder), origin: 'folder' };
  }
  const overlay = await readOverlayFile(config.privateFile).catch(() => undefined);
  const below = overlay === undefined ? undefined : await storeImageOf(overlay.backingPath, env);
  const inStore = below ?? (await defaultImage(env));
  if (inStore === undefined) {
    if (overlay !== undefined) await refuseOrphan(config.privateFile, overlay);
    return undefined;
  }
  return { path: inStore, format: await checkBackingFile(inStore), origin: 'store' };
}

/** Another image, built or fetched now, would be of no use to an overlay that is there. */
async function refuseOrphan(
  privateFile: string,
  { backingPath }: Pick<OverlayFile, 'backingPath'>,
): Promise<never> {
  const there = await isReachable(backingPath);
  throw new UtopiaError(
    'image-missing',
    `${privateFile} was made over ${backingPath}, which ${there ? 'no config names' : 'is gone'}.`,
    {
      hint: there
        ? `Name it in utopia.config: QCOW2_BACKING_FILE=${quoteForShell(backingPath)}`
        : 'Put it back, or tell where it is now: utopia image rebase --to FILE\n' +
          'Or start afresh, keeping the private file aside: utopia reset',
    },
  );
}

async function findInFolder(folder: string): Promise<string | undefined> {
  let names: string[];
  try {
    names = (await readdir(folder)).toSorted();
  } catch {
    return undefined;
  }
  const images = names.filter((name) => /^cslab_rootfs.*\.raw$/.test(name));
  if (images.length > 1) {
    throw new UtopiaError(
      'image-unsuitable',
      `QCOW2_BACKING_FILE is not set, and ${images.length} course images are in ${folder}.`,
      {
        details: images,
        hint: `Choose one in utopia.config: QCOW2_BACKING_FILE=./${quoteForShell(images.at(-1) ?? '')}`,
      },
    );
  }
  const image = images[0];
  if (image !== undefined) return join(folder, image);
  const packed = names.find((name) => /^cslab_rootfs.*\.raw\.(gz|xz)$/.test(name));
  if (packed === undefined) return undefined;
  const path = join(folder, packed);
  throw new UtopiaError('image-unsuitable', `The course image ${packed} is still packed.`, {
    details: [`Its folder: ${folder}`, 'A machine needs it unpacked; the packed file can stay.'],
    hint: unpackCommand(packed.endsWith('.gz') ? 'gzip' : 'xz', path) ?? '',
  });
}

/**
 * Looks whether a file can be a backing file, and tells its format from its
 * contents. `name` is what messages call it. Throws
 * `image-missing`, or `image-unsuitable` for a folder, an unreadable, empty,
 * packed or foreign file, and for a qcow2 that reads from yet another file.
 */
export async function checkBackingFile(
  path: string,
  name = `The image ${path}`,
): Promise<BackingFile['format']> {
  const bytes = await checkReadable(path, name);
  const start = await readStart(path, qcow2HeaderBytes);
  const kind = recogniseKind(start);
  // A disc's image may be a disk's, too: installers boot from either.
  if (kind === 'other' || kind === 'iso') return 'raw';
  if (kind === 'qcow2') {
    checkStandsAlone(start, bytes, name);
    return 'qcow2';
  }
  throw unsuitable(kind, path, name);
}

/** Gives its size; undefined for a device, whose size stat(2) does not tell. */
async function checkReadable(path: string, name: string): Promise<number | undefined> {
  try {
    const file = await stat(path);
    if (!file.isFile() && !file.isBlockDevice()) {
      throw new UtopiaError(
        'image-unsuitable',
        `${name} is ${file.isDirectory() ? 'a folder' : 'not a regular file'}, not an image.`,
        { hint: 'Name the image file itself in QCOW2_BACKING_FILE.' },
      );
    }
    await access(path, constants.R_OK);
    return file.isFile() ? file.size : undefined;
  } catch (error) {
    if (error instanceof UtopiaError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new UtopiaError('image-unsuitable', `${name} cannot be read by you.`, {
        hint: `Look at the modes on the way to it: namei -l ${quoteForShell(path)}`,
        cause: error,
      });
    }
    throw await missing(path, name, error);
  }
}

async function missing(path: string, name: string, cause: unknown): Promise<UtopiaError> {
  for (const [suffix, kind] of [
    ['.gz', 'gzip'],
    ['.xz', 'xz'],
  ] as const) {
    if (!(await isReachable(path + suffix))) continue;
    return new UtopiaError('image-missing', `${name} does not exist, but packed it does.`, {
      details: [`Found: ${path}${suffix}`],
      hint: unpackCommand(kind, path + suffix) ?? '',
      cause,
    });
  }
  return new UtopiaError('image-missing', `${name} does not exist.`, {
    hint:
      'Correct QCOW2_BACKING_FILE in utopia.config, or get an image:\n' +
      'utopia image fetch URL     utopia image build',
    cause,
  });
}

/** An image that names another file would let a stranger choose which of the host's files the guest reads. */
function checkStandsAlone(start: Buffer, bytes: number | undefined, name: string): void {
  const header = parseQcow2Header(start);
  if (typeof header === 'string') {
    throw new UtopiaError('image-unsuitable', `${name} is a damaged qcow2 file: ${header}.`, {
      hint: 'Fetch or build the image again.',
    });
  }
  const problem = whyIncomplete(header) ?? whyCutOff(header, bytes);
  if (problem === undefined) return;
  throw new UtopiaError('image-unsuitable', `${name} ${problem}.`, {
    hint: 'Name an image that is complete in itself; qemu-img convert makes one.',
  });
}

function unsuitable(kind: FileKind, path: string, name: string): UtopiaError {
  if (kind === 'empty') {
    return new UtopiaError('image-unsuitable', `${name} is empty.`, {
      hint: 'Was a download cut off? Fetch or build the image again.',
    });
  }
  if (kind === 'html' || kind === 'json') {
    const what = kind === 'html' ? 'a web page' : 'the answer of a web service';
    return new UtopiaError('image-unsuitable', `${name} is ${what}, not an image.`, {
      hint: 'Look at it with a browser: it probably says why there was no image.',
    });
  }
  const disk = foreignDisk(kind);
  if (disk !== undefined) {
    return new UtopiaError('image-unsuitable', `${name} is ${disk}, which utopia does not start.`, {
      hint: `qemu-img convert -O qcow2 ${quoteForShell(path)} NEW.qcow2`,
    });
  }
  const unpacked = basename(path).replace(/\.(gz|xz|zst|bz2|zip|lz4|7z|tar)$/, '');
  return new UtopiaError('image-unsuitable', `${name} is packed (${kind}), not an image.`, {
    details: [`Unpack it and name the result: QCOW2_BACKING_FILE=…/${unpacked}`],
    hint: unpackCommand(kind, path) ?? '',
  });
}
