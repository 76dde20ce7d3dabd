import { resolve } from 'node:path';
import { openRegularFile } from '../system/regular-file.ts';
import { isBelow } from '../text/is-below.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { quoteWord } from './ssh-argv.ts';

/** The kernel reads no more of a script's first line (BINPRM_BUF_SIZE of linux/binfmts.h). */
const firstBytes = 256;

/** What a shell ends with for a program that it cannot find (POSIX, Shell Command Language, 2.8.2). */
const notFound = 127;

/** A command that has ended in a guest. */
export interface FailedCommand {
  readonly words: readonly string[];
  /** What it ended with; null for one that had no end. */
  readonly status: number | null;
  /** Where it ran, absolute: paths in its words are relative to it. */
  readonly folder: string;
  /** Where the reader is, absolute: paths are shown relative to it. */
  readonly from: string;
  /** What it, and whoever started it, printed. */
  readonly said: string;
}

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

/**
 * Why the script that a command runs failed, where its first line says so: a carriage return in front
 * of the line's end, for which a shell looks for a program of that name, or a program that is not in
 * the guest, of which whoever was to start the script has said that it is not found. Undefined for
 * anything else, also for a file that cannot be read, or lies outside of what the guest sees.
 */
export async function explainScriptFailure({
  words,
  status,
  folder,
  from,
  said,
}: FailedCommand): Promise<string | undefined> {
  const [program = '', argument = ''] = words;
  const isDirect = program.includes('/');
  const script = isDirect ? program : shells.has(program) ? argument : '';
  if (script === '' || status === 0 || status === null) return undefined;
  const path = resolve(folder, script);
  if (!isBelow(folder, path)) return undefined;
  const line = await readFirstLine(path).catch(() => undefined);
  if (line === undefined) return undefined;
  const shown = shortenPath(path, from, from);
  if (line.endsWith('\r')) {
    return `${shown} has Windows line ends, which a shell takes for a part of its words. Remove them: sed -i 's/\\r$//' ${quoteWord(shown)}`;
  }
  const interpreter = /^#![ \t]*([\x21-\x7e]+)/.exec(line)?.[1];
  if (!isDirect || status !== notFound || interpreter === undefined) return undefined;
  if (!saysNotFound(said, script)) return undefined;
  return `${shown} is there; what its first line names, ${interpreter}, may not be in the guest.`;
}

/**
 * `sh: 4: ./a.sh: not found`, `setsid: failed to execute ./test.sh: No such file or directory`, bash's
 * `cannot execute: required file not found`: of the script itself, and not of what it runs.
 */
function saysNotFound(said: string, script: string): boolean {
  return said.split('\n').some((line) => {
    const at = line.lastIndexOf(`${script}: `);
    return at >= 0 && missing.test(line.slice(at + script.length + 2));
  });
}

const missing = /^(?:cannot execute: required file )?(?:not found|No such file or directory)\s*$/;

/** Without its newline; undefined where it has none within what the kernel reads. */
async function readFirstLine(path: string): Promise<string | undefined> {
  const handle = await openRegularFile(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(firstBytes), 0, firstBytes, 0);
    const text = buffer.subarray(0, bytesRead).toString('latin1');
    const end = text.indexOf('\n');
    return end < 0 ? undefined : text.slice(0, end);
  } finally {
    await handle.close();
  }
}
