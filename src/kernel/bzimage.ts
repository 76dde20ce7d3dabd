import { UtopiaError } from '../errors.ts';
import { openRegularFile, whyUnreadable } from '../system/regular-file.ts';

/** What the head of an x86 kernel image tells; offsets are bytes in the file. */
export interface ImageHead {
  /** The kernel's release, as `uname -r` prints it. */
  readonly version: string;
  /** The whole line: release, builder, build number and date. */
  readonly banner: string;
  /** False for a kernel of 32 bits, which runs no program of 64. */
  readonly is64Bit: boolean;
  /** Where the compressed kernel lies, and how long it is; undefined before boot protocol 2.08. */
  readonly payload: { readonly offset: number; readonly bytes: number } | undefined;
}

/** Bytes at the start of a file that hold the head: the real-mode code is at most 64 sectors. */
const mostHeadBytes = 64 * 512;

/** Documentation/arch/x86/boot.rst of Linux: "The Real-Mode Kernel Header". */
const header = {
  setupSectors: 0x1f1,
  systemParagraphs: 0x1f4,
  magic: 0x202,
  protocol: 0x206,
  versionPointer: 0x20e,
  loadFlags64: 0x236,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
} as const;

/**
 * Reads the head of a kernel image as `make bzImage` writes it. Throws `kernel-unsuitable` for
 * a file that is none, or is cut short, and for one that cannot be read.
 */
export async function readImageHead(path: string): Promise<ImageHead> {
  const { bytes, size } = await readHead(path);
  const head = parseImageHead(bytes, size);
  if (typeof head !== 'string') return head;
  throw new UtopiaError('kernel-unsuitable', `${path} cannot be booted: ${head}`, {
    hint: 'Name a bzImage, as the kernel has it in arch/x86/boot/bzImage after make, or a build: utopia kernel list',
  });
}

async function readHead(path: string): Promise<{ bytes: Buffer; size: number }> {
  try {
    await using file = await openRegularFile(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, mostHeadBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return { bytes: bytes.subarray(0, bytesRead), size };
  } catch (error) {
    throw new UtopiaError('kernel-unsuitable', `${path} cannot be read: ${whyUnreadable(error)}`, {
      hint: 'Name a bzImage, or a build: utopia kernel list',
      cause: error,
    });
  }
}

/** Reads the head out of the first bytes of a file of `size` bytes, or says what is wrong with it. Pure. */
export function parseImageHead(bytes: Buffer, size: number): ImageHead | string {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x7f454c46) {
    return 'it is an ELF file (vmlinux). QEMU wants the compressed image, bzImage.';
  }
  if (bytes.length < 0x268 || bytes.toString('latin1', header.magic, header.magic + 4) !== 'HdrS') {
    return 'it is no kernel image for x86.';
  }
  // 0 stands for 4, for the oldest.
  const setup = ((bytes[header.setupSectors] || 4) + 1) * 512;
  const needed = setup + bytes.readUInt32LE(header.systemParagraphs) * 16;
  if (size < needed) {
    return `it is cut short: ${size} bytes of ${needed}.`;
  }
  const banner = bannerOf(bytes);
  const version = banner.split(' ')[0] ?? '';
  if (!/^\d+\.[\w.+~-]{1,100}$/.test(version)) return 'its head names no version.';
  const protocol = bytes.readUInt16LE(header.protocol);
  return {
    version,
    banner,
    is64Bit: protocol >= 0x20c && (bytes.readUInt16LE(header.loadFlags64) & 1) === 1,
    payload:
      protocol < 0x208
        ? undefined
        : {
            offset: setup + bytes.readUInt32LE(header.payloadOffset),
            bytes: bytes.readUInt32LE(header.payloadLength),
          },
  };
}

/** The version's text ends with a zero byte; its pointer counts from the second sector. */
function bannerOf(bytes: Buffer): string {
  const start = bytes.readUInt16LE(header.versionPointer) + 512;
  const end = bytes.indexOf(0, start);
  if (start === 512 || end < 0) return '';
  return bytes.toString('latin1', start, Math.min(end, start + 512));
}
