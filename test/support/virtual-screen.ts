import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/** Pixels, each three bytes: red, green, blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A window of an X server, and where it is on the screen. */
export interface ScreenWindow {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An X server whose screen is a file. */
export interface VirtualScreen extends AsyncDisposable {
  /** For DISPLAY. */
  readonly display: string;
  /** The windows that programs have opened on it. */
  windows(): Promise<readonly ScreenWindow[]>;
  /** What is to be seen of a window. */
  look(window: ScreenWindow): Picture;
}

/** Starts Xvfb at a display that is free, its screen kept in `folder`, and waits until it takes connections. */
export async function startVirtualScreen(folder: string): Promise<VirtualScreen> {
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-fbdir', folder, '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(server, 'close');
  const killWithUs = (): void => void server.kill('SIGKILL');
  process.once('exit', killWithUs);
  const number = once(server.stdio[3] as Readable, 'data').then(([text]) => String(text).trim());
  const died = ended.then(() => {
    throw new Error(`Xvfb ended: ${complaints}`);
  });
  died.catch(() => {});
  const display = `:${await Promise.race([number, died])}`;
  return {
    display,
    windows: async () => {
      const { stdout } = await promisify(execFile)('xwininfo', [
        ...['-display', display, '-root', '-tree'],
      ]);
      return readWindows(stdout);
    },
    look: (window) => crop(readXwd(readFileSync(join(folder, 'Xvfb_screen0'))), window),
    [Symbol.asyncDispose]: async () => {
      process.off('exit', killWithUs);
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** Lines of `xwininfo -tree`: number, name, class, size and place in the parent, place on the screen. */
const windowLine =
  /^\s+0x[0-9a-f]+ (?:"(.*)"|\(has no name\)): .*\s(\d+)x(\d+)\S+\s+\+(-?\d+)\+(-?\d+)$/;

/** The windows that `xwininfo -tree` lists. Pure. */
export function readWindows(tree: string): readonly ScreenWindow[] {
  return tree.split('\n').flatMap((line) => {
    const [, name = '', width, height, x, y] = windowLine.exec(line) ?? [];
    if (width === undefined) return [];
    return [{ name, x: Number(x), y: Number(y), width: Number(width), height: Number(height) }];
  });
}

/**
 * Reads a picture in the X server's own format (X11/XWDFile.h): a head of 32-bit words, most
 * significant byte first, a table of colours, then 32 bits a pixel. Throws for any other.
 */
export function readXwd(file: Buffer): Picture {
  const word = (at: number): number => file.readUInt32BE(at * 4);
  if (word(1) !== 7 || word(11) !== 32) {
    throw new Error(`not a picture of 32 bits a pixel: version ${word(1)}, ${word(11)} bits`);
  }
  const width = word(4);
  const height = word(5);
  const lineBytes = word(12);
  const isLittle = word(7) === 0;
  const start = word(0) + word(19) * 12;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = start + y * lineBytes + x * 4;
      const pixel = isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at);
      data.set([(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** The part of a picture that a window takes, as far as it is on the screen. Pure. */
function crop(picture: Picture, window: ScreenWindow): Picture {
  const left = Math.max(0, window.x);
  const top = Math.max(0, window.y);
  const width = Math.max(0, Math.min(picture.width, window.x + window.width) - left);
  const height = Math.max(0, Math.min(picture.height, window.y + window.height) - top);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
}
