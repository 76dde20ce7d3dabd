import { resolve } from 'node:path';
import { quoteWord } from './ssh-argv.ts';
import { openRegularFile } from '../system/regular-file.ts';

/** The kernel reads no more of a script's first line (BINPRM_BUF_SIZE of linux/binfmts.h). */
const firstBytes = 256;

/** What a shell ends with for a program that it cannot find (POSIX, Shell Command Language, 2.8.2). */
const notFound = 127;

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

/**
 * Why the script that a command runs failed, where its first line says so: a carriage return in front
 * of the line's end, for which a shell looks for a program of that name, or a program that is not in
 * the guest. `words` are the command's, paths in them are relative to `cwd`; `status` is what it
 * ended with. Undefined for anything else, also for a file that cannot be read.
 */
export async function explainScriptFailure(
  words: readonly string[],
  status: number | null,
  cwd: string,
): Promise<string | undefined> {
  const [program = '', argument = ''] = words;
  const isDirect = program.includes('/');
  const script = isDirect ? program : shells.has(program) ? argument : '';
  if (script === '' || status === 0 || status === null) return undefined;
  const line = await readFirstLine(resolve(cwd, script)).catch(() => undefined);
  if (line === undefined) return undefined;
  if (line.endsWith('\r')) {
    return `${script} has Windows line ends, which a shell takes for a part of its words. Remove them: sed -i 's/\\r$//' ${quoteWord(script)}`;
  }
  const interpreter = /^#![ \t]*([\x21-\x7e]+)/.exec(line)?.[1];
  if (!isDirect || status !== notFound || interpreter === undefined) return undefined;
  return `${script} is there; what its first line names, ${interpreter}, may not be in the guest.`;
}

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
