import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { quoteForShell } from '../../text/shell-words.ts';
import type { RunOptions } from './run-options.ts';
import type { Job } from './items.ts';
import { isBelow } from '../../text/is-below.ts';
import type { RunReport } from '../throwaway/run-verdict.ts';

/** Programs whose first argument without a dash is a file with what they run. */
const interpreters: ReadonlySet<string> = new Set(
  ['sh', 'bash', 'dash', 'zsh', 'perl', 'python', 'python3', 'node', 'ruby', 'lua'].values(),
);

/**
 * The file of this folder that a command runs, relative to the folder: `./grade.sh`, or in
 * `sh grade.sh` the script. Undefined for one of the guest's own.
 */
export async function programInFolder(
  words: readonly string[],
  folder: string,
): Promise<string | undefined> {
  const [first = '', ...rest] = words;
  const script = interpreters.has(basename(first))
    ? rest.find((word) => !word.startsWith('-'))
    : undefined;
  for (const word of [first.includes('/') ? first : undefined, script]) {
    if (word === undefined) continue;
    const path = resolve(folder, word);
    if (isBelow(folder, path) && (await isFileBelow(folder, path))) return relative(folder, path);
  }
  return undefined;
}

/** Most words of a command that are looked for in the folder: each is a look at the disk. */
const mostWords = 200;

/**
 * What the words of a command name in the folder that a copy does not see, as it is written
 * there; also within a line of shell, where it looks like a path. `seen` are the paths that it does see.
 */
export async function namedButUnseen(
  words: readonly string[],
  folder: string,
  seen: readonly string[],
): Promise<string[]> {
  const candidates = words.flatMap((word) =>
    /\s/.test(word) ? word.split(/[\s'"`;&|<>()=]+/).filter((part) => /[./]/.test(part)) : [word],
  );
  const visible = seen.map((path) => resolve(folder, path));
  const unseen: string[] = [];
  for (const word of new Set(candidates.slice(0, mostWords))) {
    if (word === '' || word.includes('{}')) continue;
    const path = resolve(folder, word);
    if (path === folder || !isBelow(folder, path)) continue;
    if (visible.some((each) => isBelow(each, path))) continue;
    if (await lstat(path).catch(() => undefined)) unseen.push(word);
  }
  return unseen;
}

async function isFileBelow(folder: string, path: string): Promise<boolean> {
  try {
    const real = await realpath(path);
    return isBelow(await realpath(folder), real) && (await stat(real)).isFile();
  } catch {
    return false;
  }
}

/** A sentence on what the command names in the folder, and no copy sees; undefined where there is nothing. */
export async function findUnseen(
  options: Pick<RunOptions, 'words' | 'with'>,
  folder: string,
): Promise<string | undefined> {
  const { words, with: others } = options;
  const program = await programInFolder(words, folder);
  const seen = program === undefined ? others : [program, ...others];
  // A program without a slash is the guest's own.
  const [first = '', ...rest] = words;
  const unseen = await namedButUnseen(first.includes('/') ? words : rest, folder, seen);
  return unseen.length === 0 ? undefined : sayUnseen(unseen);
}

function sayUnseen(unseen: readonly string[]): string {
  const paths = unseen.map(quoteForShell).join(' ');
  return `Each copy sees only its own path, and not ${unseen.join(', ')}. To share more: --with ${paths}`;
}

/** What a copy sees of the folder: its path, the file that its command runs, and what all may read. */
export async function seenBy(
  { item, words }: Job,
  { each, shareFolder, with: others }: Pick<RunOptions, 'each' | 'shareFolder' | 'with'>,
  folder: string,
): Promise<readonly string[] | undefined> {
  if (each.length === 0 || shareFolder) return undefined;
  const program = await programInFolder(words, folder);
  return [item, ...(program === undefined ? [] : [program]), ...others];
}

/** Shells end so when a program is missing (127), or cannot be run (126). */
const missingStatuses: readonly (number | null)[] = [126, 127];

/** A command that misses something may miss what it would have in the whole folder. Pure. */
export function withHint(report: RunReport): RunReport {
  const { outcome, commandStatus } = report;
  if (outcome !== 'exited' || !missingStatuses.includes(commandStatus)) return report;
  const message = `The command ended with status ${commandStatus}: a program is missing in the copy, which sees only its own path of the folder (--with PATH shares more).`;
  return { ...report, message };
}
