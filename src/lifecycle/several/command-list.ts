import { resolve } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { readSource, whyUnreadable } from '../../system/regular-file.ts';
import type { Job } from './items.ts';

/** Commands in a text: a line of shell each, without empty lines and comments. Pure. */
export function parseCommands(lines: string): Job[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ item: line, words: ['sh', '-c', line] }));
}

/** The commands of --commands: of a file (relative to the current folder), or of stdin for `-`. Throws `usage`. */
export async function readCommands(
  { cwd, streams, signal }: Pick<LifecycleContext, 'cwd' | 'streams' | 'signal'>,
  file: string,
): Promise<Job[]> {
  const jobs = parseCommands(await readAll(streams.stdin, cwd, file, signal));
  if (jobs.length > 0) return jobs;
  throw new UtopiaError('usage', `--commands ${file}: there is no command in it.`, {
    hint: 'Write a line of shell for each; lines with # in front are comments.',
  });
}

/** What a list of commands may hold: ten thousand of them, with room for long ones. */
const mostBytes = 4 * 1024 * 1024;

async function readAll(
  stdin: NodeJS.ReadStream,
  cwd: string,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? stdin : readSource(resolve(cwd, file), signal)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > mostBytes) throw new Error(`it has more than ${mostBytes} bytes.`);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new UtopiaError('usage', `--commands ${file} cannot be read: ${whyUnreadable(error)}`, {
      hint: 'Name a file with a line of shell for each command, or - for standard input.',
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString();
}
