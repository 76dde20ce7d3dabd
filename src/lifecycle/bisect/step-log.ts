import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plainLine } from '../../guest/console-text.ts';
import { readTail } from '../../guest/file-tail.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { showControls } from '../../text/harmless.ts';

/** The log of a step: sections, each of which is on the disk when it was added. */
export interface StepLog {
  /** Absolute. */
  readonly file: string;
  /** The step's number in this bisection, from 1. */
  readonly number: number;
  add(title: string, text: string): Promise<void>;
  /** The end of a file, where it is there. */
  addFile(title: string, file: string): Promise<void>;
}

/** A whole build of every driver prints a megabyte, a boot some 20 KB. */
const mostFileBytes = 4 * 1024 * 1024;
/** A bisection of all of Linux has some twenty steps; one that skips may have many. */
const mostLogs = 200;
const logName = /^(\d{2,6})-[\da-f]{12}\.log$/;

/** Begins the log of the next step, `NN-COMMIT.log`; the oldest of too many goes. Throws `cannot-create`, `disk-full`. */
export async function openStepLog(folder: string, commit: string): Promise<StepLog> {
  const before = (await readdir(folder))
    .flatMap((name) => {
      const number = logName.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .toSorted((one, other) => one.number - other.number);
  for (const { name } of before.slice(0, Math.max(0, before.length + 1 - mostLogs))) {
    await rm(join(folder, name), { force: true });
  }
  const number = (before.at(-1)?.number ?? 0) + 1;
  const file = join(folder, `${String(number).padStart(2, '0')}-${commit.slice(0, 12)}.log`);
  const add = async (title: string, text: string): Promise<void> => {
    // Commits, compilers and guests have written it: it is read on a terminal.
    const plain = showControls(text.split('\n').map(plainLine).join('\n'));
    const body = plain === '' || plain.endsWith('\n') ? plain : `${plain}\n`;
    try {
      await appendFile(file, `==> ${title}\n${body}`, { mode: 0o600 });
    } catch (error) {
      throw describeUnmade(`Cannot write ${file}`, file, error, 'Free some space there.');
    }
  };
  return {
    ...{ file, number, add },
    addFile: async (title, path) => {
      const tail = await readTail(path, mostFileBytes);
      if (tail === undefined || tail.size === 0) return;
      const cut = tail.size - tail.bytes.length;
      await add(
        cut === 0 ? title : `${title}, without its first ${cut} bytes`,
        tail.bytes.toString(),
      );
    },
  };
}
