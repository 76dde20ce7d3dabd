import { stat } from 'node:fs/promises';
import type { DiskSetting } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { foreignDisk, unpackCommand, type FileKind } from '../file-kind.ts';

/** How messages name an exercise disk. */
export function nameOf({ name, path }: DiskSetting): string {
  return `Exercise disk ${name} (${path})`;
}

/** For a file that stat(2) does not reach. */
export async function unreachable(disk: DiskSetting, cause: unknown): Promise<UtopiaError> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return new UtopiaError('image-unsuitable', `${nameOf(disk)} cannot be reached: ${code}.`, {
      hint: `Look at the modes on the way to it: namei -l ${quoteForShell(disk.path)}`,
      cause,
    });
  }
  for (const [ending, kind] of [
    ['.gz', 'gzip'],
    ['.xz', 'xz'],
  ] as const) {
    const packed = disk.path + ending;
    const there = await stat(packed).catch(() => undefined);
    if (there === undefined) continue;
    return new UtopiaError('image-missing', `${nameOf(disk)} does not exist, but packed it does.`, {
      hint: unpackCommand(kind, packed) ?? '',
      cause,
    });
  }
  return new UtopiaError('image-missing', `${nameOf(disk)} does not exist.`, {
    hint: 'Correct the path in UTOPIA_DISKS, or behind --disk. Where it holds a colon: PATH:snapshot',
    cause,
  });
}

/** For a file that stands in UTOPIA_DISKS twice, under whatever names. */
export function sameTwice(disk: DiskSetting, twin: DiskSetting): UtopiaError {
  return new UtopiaError(
    'image-unsuitable',
    `Exercise disks ${twin.name} and ${disk.name} are the same file, ${twin.path}.`,
    {
      hint: `Take one out of UTOPIA_DISKS, or copy it: cp --sparse=always ${quoteForShell(twin.path)} COPY`,
    },
  );
}

/** For a file that is something else than a disk: empty, packed, a web page. */
export function unsuitable(disk: DiskSetting, kind: FileKind): UtopiaError {
  if (kind === 'empty') {
    return new UtopiaError('image-unsuitable', `${nameOf(disk)} is empty.`, {
      hint: `For a blank disk give it a size: truncate -s 64M ${quoteForShell(disk.path)}`,
    });
  }
  const foreign = foreignDisk(kind);
  if (foreign !== undefined) {
    return new UtopiaError('image-unsuitable', `${nameOf(disk)} is ${foreign}.`, {
      hint: `qemu-img convert -O qcow2 ${quoteForShell(disk.path)} NEW.qcow2`,
    });
  }
  const unpack = unpackCommand(kind, disk.path);
  return new UtopiaError(
    'image-unsuitable',
    unpack === undefined
      ? `${nameOf(disk)} is a web page, not an image.`
      : `${nameOf(disk)} is packed (${kind}).`,
    {
      hint:
        unpack === undefined
          ? 'Download it again; a browser shows what the page says.'
          : `Unpack it, and name the result in UTOPIA_DISKS: ${unpack}`,
    },
  );
}

/** For a file whose mode does not let us do what is asked for. */
export function notAllowed(disk: DiskSetting, what: string, cause: unknown): UtopiaError {
  return new UtopiaError('image-unsuitable', `${nameOf(disk)} cannot be ${what}.`, {
    hint: `ls -l ${quoteForShell(disk.path)}`,
    cause,
  });
}
