import { createConsoleReader } from './console-text.ts';
import { readTail } from './file-tail.ts';

/** The console's last words that a visitor sees first: a prompt among them is seen again by nobody else. */
const shownLines = 8;
const readBytes = 4_096;

/** The end of a console's log, plain, the unfinished last line as it is; empty without a log. */
export async function readConsoleTail(file: string): Promise<string> {
  const tail = await readTail(file, readBytes);
  if (tail === undefined) return '';
  const { lines, partial } = createConsoleReader()(tail.bytes);
  const told = lines.filter((line) => line !== '').slice(-shownLines);
  return told.map((line) => `${line}\n`).join('') + partial;
}
