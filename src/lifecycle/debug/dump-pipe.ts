import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { UtopiaError, messageOf } from '../../errors.ts';
import type { Environment } from '../../environment.ts';
import { endWithParentPrefix } from '../../system/end-with-parent.ts';
import { dumpPipe, removeLeftPipes } from '../../machine/dump-pipes.ts';

// QEMU opens a named pipe for writing, and stands still, with its guest, until somebody opens it for
// reading. That somebody is a process of its own: if it were utopia, one that is killed in this
// moment would leave a machine behind that answers nobody. It ends when nobody takes what it reads,
// and then QEMU's writing fails and its guest goes on.

/** A name that QEMU writes to, and what comes out of it. */
export interface DumpPipe {
  readonly path: string;
  /** Ends when QEMU has closed its end. */
  readonly bytes: Readable;
  /** QEMU has opened it, or will never: nobody reads on, and the name goes. */
  close(): Promise<void>;
  /** It is not known whether QEMU is going to open it: the name stays, and nobody takes what comes. */
  abandon(): void;
}

/** Makes a pipe in a private folder of the machine, and has it read. Throws `program-missing`. */
export async function openDumpPipe(folder: string, env: Environment): Promise<DumpPipe> {
  await removeLeftPipes(folder);
  const path = dumpPipe(folder, process.pid);
  await rm(path, { force: true });
  await promisify(execFile)('mkfifo', ['-m', '600', path], { env }).catch((error: unknown) => {
    throw new UtopiaError('program-missing', `There is no pipe at ${path}: ${messageOf(error)}`, {
      hint: 'mkfifo and cat are needed, of the package coreutils.',
    });
  });
  // Of a group of its own: Ctrl-C is not meant for it. Without us nobody would ever open the pipe.
  const [program, ...words] = [...(await endWithParentPrefix()), 'cat', path] as const;
  const reader = spawn(program, words, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  reader.on('error', (error) => reader.stdout.destroy(error));
  let isAbandoned = false;
  return {
    path,
    bytes: reader.stdout,
    close: async () => {
      if (isAbandoned) return;
      await endReader(reader);
      await rm(path, { force: true });
    },
    abandon: () => {
      isAbandoned = true;
      reader.stdout.destroy();
      reader.unref();
    },
  };
}

async function endReader(reader: ChildProcess): Promise<void> {
  if (reader.exitCode !== null || reader.signalCode !== null || reader.pid === undefined) return;
  const ended = new Promise((resolve) => reader.once('exit', resolve));
  reader.kill('SIGKILL');
  await ended;
}
