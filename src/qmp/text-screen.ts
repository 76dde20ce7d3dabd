import type { QmpClient } from './client.ts';
import { humanMonitor } from './queries.ts';

/** The text screen of a PC: 80 × 25 cells of two bytes, character and colour, at 0xb8000. */
const columns = 80;
const rows = 25;

/**
 * What stands on the machine's text screen, without blank lines. It is the only
 * word of a guest that has no serial console: a boot loader that waits, a panic.
 * Empty once the guest draws graphics, and when nothing can be read.
 */
export async function readTextScreen(client: QmpClient): Promise<string[]> {
  const dump = await humanMonitor(client, `xp /${columns * rows}hx 0xb8000`);
  return parseTextScreen(dump);
}

/** Reads the monitor's dump: `00000000000b8000: 0x0753 0x0765 …`, a cell a number. */
export function parseTextScreen(dump: string): string[] {
  const characters = [...dump.matchAll(/\b0x([\da-f]{4})\b/g)].map((match) => {
    const code = Number.parseInt(match[1] ?? '', 16) & 0xff;
    return code >= 0x20 && code < 0x7f ? String.fromCodePoint(code) : ' ';
  });
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    lines.push(
      characters
        .slice(row * columns, (row + 1) * columns)
        .join('')
        .trimEnd(),
    );
  }
  return lines.filter((line) => line !== '');
}
