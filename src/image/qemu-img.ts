import { withoutWarnings } from '../qemu-words.ts';
import { UtopiaError } from '../errors.ts';
import { checkJson } from '../system/json-file.ts';
import { saysOutOfRoom } from '../system/out-of-space.ts';
import { aFlag, aNumber, aText, maybe, object } from '../text/shape.ts';
import type { BackingFile } from './image-files.ts';

/** What is needed to run qemu-img. */
export interface QemuImg {
  /** Absolute path of qemu-img. */
  readonly imgBinary: string;
  readonly signal: AbortSignal;
}

/** The part of `qemu-img info --output=json` that utopia reads. */
export interface ImageInfo {
  readonly format: string;
  readonly virtualBytes: number;
  /** Bytes on disk. */
  readonly actualBytes: number;
  readonly backingName: string | undefined;
  readonly backingFormat: string | undefined;
  readonly corrupt: boolean;
}

const infoShape = object({
  format: aText,
  'virtual-size': aNumber,
  'actual-size': maybe(aNumber),
  'backing-filename': maybe(aText),
  'backing-filename-format': maybe(aText),
  'format-specific': maybe(object({ data: maybe(object({ corrupt: maybe(aFlag) })) })),
});

/** For writing headers: longer than this it hangs on a dead network file system. */
const timeoutMs = 60_000;

/** Describes an image, also one in use: `-U` neither takes nor asks for a lock. */
export async function readImageInfo(qemuImg: QemuImg, path: string): Promise<ImageInfo> {
  const args = ['info', '-U', '--output=json', '--', path];
  return parseImageInfo(await runQemuImg(qemuImg, args, `describe ${path}`));
}

/** Reads the output of `qemu-img info --output=json`. */
export function parseImageInfo(text: string): ImageInfo {
  const reading = checkJson(text, infoShape);
  if (reading.kind !== 'read') {
    throw new UtopiaError('qemu-failed', `What qemu-img says is not understood: ${reading.why}`, {
      hint: 'utopia doctor looks at the host.',
    });
  }
  const info = reading.value;
  return {
    format: info.format,
    virtualBytes: info['virtual-size'],
    actualBytes: info['actual-size'] ?? 0,
    backingName: info['backing-filename'],
    backingFormat: info['backing-filename-format'],
    corrupt: info['format-specific']?.data?.corrupt === true,
  };
}

/** Makes a qcow2 overlay as large as its backing file. An existing file at `path` would be overwritten. */
export async function createOverlayFile(
  qemuImg: QemuImg,
  path: string,
  backing: Pick<BackingFile, 'path' | 'format'>,
): Promise<void> {
  const args = [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-F',
    backing.format,
    '-b',
    backing.path,
    '--',
    path,
  ];
  await runQemuImg(qemuImg, args, `make ${path}`);
}

/** Writes another backing file's name into an overlay's header. Contents are neither read nor moved. */
export async function renameBackingFile(
  qemuImg: QemuImg,
  path: string,
  backing: Pick<BackingFile, 'path' | 'format'>,
): Promise<void> {
  const args = ['rebase', '-q', '-u', '-f', 'qcow2', '-F', backing.format, '-b', backing.path];
  await runQemuImg(qemuImg, [...args, '--', path], `write into ${path}`);
}

/** Long enough for a slow disk to write an overlay of many gigabytes. */
const moveMs = 3_600_000;

/**
 * Makes an overlay over another overlay of an image stand on the image itself: what
 * only the one between has goes into it. Both files are whole afterwards.
 */
export async function standOn(
  qemuImg: QemuImg,
  path: string,
  image: Pick<BackingFile, 'path' | 'format'>,
): Promise<void> {
  const args = ['rebase', '-q', '-f', 'qcow2', '-F', image.format, '-b', image.path, '--', path];
  await runQemuImg(qemuImg, args, `write into ${path}`, moveMs);
}

/** Runs qemu-img and returns what it printed; its refusal becomes an error in the user's terms. */
async function runQemuImg(
  { imgBinary, signal }: QemuImg,
  args: readonly string[],
  purpose: string,
  limitMs = timeoutMs,
): Promise<string> {
  const { execa } = await import('execa');
  const result = await execa(imgBinary, args, {
    cancelSignal: signal,
    timeout: limitMs,
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C' },
  });
  if (!result.failed) return result.stdout;
  // Ctrl-C reaches qemu-img from the terminal too, perhaps before us.
  signal.throwIfAborted();
  const words = withoutWarnings(result.stderr).join('\n');
  if (saysOutOfRoom(words)) {
    throw new UtopiaError('disk-full', `No room to ${purpose}.`, {
      details: words.split('\n'),
      hint: 'Free some space there, or set QCOW2_PRIVATE_FILE to a folder with more room.',
    });
  }
  if (/Failed to get .* lock/.test(words)) {
    throw new UtopiaError('overlay-locked', `Cannot ${purpose}: another program has it open.`, {
      details: words.split('\n'),
      hint: 'Stop the machine that uses it: utopia down',
    });
  }
  const missing = result.code === 'ENOENT' || result.code === 'EACCES';
  throw new UtopiaError(
    missing ? 'qemu-missing' : 'qemu-failed',
    missing
      ? `${imgBinary} cannot be started (${result.code}).`
      : `qemu-img could not ${purpose}${result.timedOut ? ` within ${limitMs / 60_000} min` : ''}.`,
    {
      details: words === '' ? [] : words.split('\n').slice(-5),
      hint: missing
        ? 'utopia doctor tells how to install QEMU.'
        : 'utopia doctor looks at the host.',
      cause: result,
    },
  );
}
