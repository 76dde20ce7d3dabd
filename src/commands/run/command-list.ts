import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
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
  { cwd, terminal }: Pick<Context, 'cwd' | 'terminal'>,
  file: string,
): Promise<Job[]> {
  const jobs = parseCommands(await readAll(terminal.stdin, cwd, file));
  if (jobs.length > 0) return jobs;
  throw new UtopiaError('usage', `--commands ${file}: there is no command in it.`, {
    hint: 'Write a line of shell for each; lines with # in front are comments.',
  });
}

async function readAll(stdin: NodeJS.ReadStream, cwd: string, file: string): Promise<string> {
  if (file === '-') return await text(stdin);
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UtopiaError('usage', `--commands ${file} cannot be read: ${reason}`, {
      hint: 'Name a file with a line of shell for each command, or - for standard input.',
      cause: error,
    });
  }
}
