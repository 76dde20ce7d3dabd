import {
  blockBytes,
  isExtension,
  isKnownMember,
  readExtension,
  readTarHeader,
  type TarExtension,
  type TarMember,
} from './tar-headers.ts';

/** What becomes of an archive's members. */
export interface TarSink {
  /** A member begins; its data follows, `bytes` of it. Throws to give the archive up. */
  begin(member: TarMember): Promise<void> | void;
  data(piece: Buffer): Promise<void> | void;
  /** All of its data has come. */
  end(): Promise<void> | void;
}

/** An archive that comes in pieces, from a guest whose tar may be anything. */
export interface TarReader {
  take(chunk: Uint8Array): Promise<void>;
  /** Throws a RangeError where the archive breaks off. */
  finish(): void;
}

/** A path and what else a header has room for; a longer one is no path of Linux. */
const longestExtension = 64 * 1024;
/** As many as tar writes for one member: `x`, `L` and `K`. More only keep us busy. */
const mostExtensions = 8;

/**
 * Reads an archive (ustar, pax, GNU's long names) as it comes, holding a block and one extended
 * header. Throws a RangeError for what is not one, for sparse files and for members of unknown
 * kinds. What comes behind its end is not looked at.
 */
export function createTarReader(sink: TarSink): TarReader {
  const block = Buffer.alloc(blockBytes);
  let filled = 0;
  let left = 0;
  let padding = 0;
  let reading: 'header' | 'extension' | 'data' = 'header';
  let extensionType = '';
  let extensionData: Buffer[] = [];
  let extensions = 0;
  let extension: TarExtension = {};
  let over = false;

  async function readHeader(): Promise<void> {
    const header = readTarHeader(block);
    if (header === undefined) {
      over = true;
      return;
    }
    if (isExtension(header.type)) {
      extensions += 1;
      if (header.bytes > longestExtension || extensions > mostExtensions) {
        throw new RangeError('an extended header that is too long');
      }
      [reading, extensionType, extensionData] = ['extension', header.type, []];
      expect(header.bytes);
      return;
    }
    if (!isKnownMember(header.type)) {
      const what = header.type === 'S' ? 'a sparse file' : `a member of type ${quote(header.type)}`;
      throw new RangeError(what);
    }
    const said = { ...header, ...extension };
    // Only a file has data: a link's size is that of what it leads to.
    const member = { ...said, bytes: said.kind === 'file' ? said.bytes : 0 };
    [extension, extensions] = [{}, 0];
    await sink.begin(member);
    reading = 'data';
    expect(member.bytes);
  }

  function expect(bytes: number): void {
    left = bytes;
    padding = (blockBytes - (bytes % blockBytes)) % blockBytes;
  }

  /** The data of a member, or of an extended header, has all come. */
  async function endData(): Promise<void> {
    if (reading === 'data') await sink.end();
    else
      extension = { ...extension, ...readExtension(extensionType, Buffer.concat(extensionData)) };
    reading = 'header';
  }

  return {
    take: async (chunk) => {
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      const next = (most: number): Buffer => {
        const piece = rest.subarray(0, most);
        rest = rest.subarray(piece.length);
        return piece;
      };
      while (!over && (rest.length > 0 || (reading !== 'header' && left === 0))) {
        if (reading !== 'header') {
          const piece = next(left);
          left -= piece.length;
          if (reading === 'extension') extensionData.push(Buffer.from(piece));
          else if (piece.length > 0) await sink.data(piece);
          if (left === 0) await endData();
        } else if (padding > 0) padding -= next(padding).length;
        else {
          const piece = next(blockBytes - filled);
          block.set(piece, filled);
          filled += piece.length;
          if (filled < blockBytes) continue;
          filled = 0;
          await readHeader();
        }
      }
    },
    finish: () => {
      if (!over) throw new RangeError('an archive that breaks off');
    },
  };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
