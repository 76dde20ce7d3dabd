import { open, rm, type FileHandle } from 'node:fs/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { TakeOutput } from '../../system/take-output.ts';
import { openNamedFolder } from '../../system/named-place.ts';
import { namedFileMode } from '../../system/umask.ts';
import { resultName } from './result-names.ts';

const hint = 'Name a folder of yours that is no link: --logs DIR';
/** Of each output: a submission that prints for ten minutes must not fill the disk of a class. */
export const defaultLogBytes = 64 * 2 ** 20;

/** The folder of --logs: each command's two outputs, whole, as they come. */
export interface OutputLogs extends AsyncDisposable {
  open(item: string): Promise<OutputLog>;
}

/** The files of one command. */
export interface OutputLog {
  readonly take: { readonly stdout: TakeOutput; readonly stderr: TakeOutput };
  /** Ends them. Throws what the system said when they were written. */
  close(): Promise<void>;
}

/** Opens it, before a guest could put something in its place. Throws `cannot-create`. */
export async function openLogs(
  { cwd }: Pick<LifecycleContext, 'cwd'>,
  folder: string,
  mostBytes: number,
): Promise<OutputLogs> {
  const held = await openNamedFolder(cwd, folder, hint);
  const openLog = async (name: string): Promise<BoundedFile> => {
    const path = held.path(name);
    // Whatever has the name goes: it is not written into.
    await rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    await file.chmod(namedFileMode()).catch(() => {});
    return boundFile(file, mostBytes);
  };
  return {
    open: async (item) => {
      const name = resultName(item);
      const [stdout, stderr] = [await openLog(`${name}.stdout`), await openLog(`${name}.stderr`)];
      return {
        take: { stdout: stdout.take, stderr: stderr.take },
        close: async () => {
          try {
            await stdout.close();
          } finally {
            await stderr.close();
          }
        },
      };
    },
    [Symbol.asyncDispose]: async () => await held[Symbol.asyncDispose](),
  };
}

interface BoundedFile {
  readonly take: TakeOutput;
  close(): Promise<void>;
}

/** A file that takes so many bytes, and a note of how many there were. */
function boundFile(file: FileHandle, mostBytes: number): BoundedFile {
  let bytes = 0;
  let failure: unknown;
  let before: Promise<void> = Promise.resolve();
  return {
    take: (chunk) => {
      const piece = chunk.subarray(0, Math.max(0, mostBytes - bytes));
      bytes += chunk.length;
      if (piece.length === 0 || failure !== undefined) return undefined;
      before = before
        .then(async () => await file.writeFile(piece))
        // The command goes on: its verdict does not depend on our disk.
        .catch((error: unknown) => void (failure ??= error));
      return before;
    },
    close: async () => {
      await before;
      try {
        if (failure !== undefined) throw failure;
        if (bytes > mostBytes) {
          await file.writeFile(`\n[utopia cut this after ${mostBytes} bytes of ${bytes}]\n`);
        }
      } finally {
        await file.close();
      }
    },
  };
}
