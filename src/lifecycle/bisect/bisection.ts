import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { gitWords, runGit } from '../../system/git.ts';
import { readRegularText } from '../../system/regular-file.ts';

/** A bisection of git's that is under way, and the commit that it has checked out. */
export interface Bisection {
  /** Absolute: the top folder of the working tree. */
  readonly top: string;
  /** Absolute: where what belongs to it is kept, in git's own folder of this working tree. */
  readonly folder: string;
  /** Tells it from every other bisection of this working tree. */
  readonly id: string;
  readonly commit: string;
  /** First line of the commit's message: foreign text. */
  readonly subject: string;
  /** What the user calls the two kinds of commits: good and bad, or the words of --term-old and --term-new. */
  readonly terms: { readonly good: string; readonly bad: string };
  /** Tracked files that differ from the commit; the first hundred. */
  readonly changed: readonly string[];
}

/** A bisection's words and its first lines have some bytes. */
const mostBytes = 64 * 1024;
const mostChanged = 100;

/**
 * The bisection that is under way in the working tree of `cwd`. Throws `usage` where there is none,
 * with the commands that begin one, `kernel-unsuitable` where git refuses.
 */
export async function readBisection(
  cwd: string,
  env: Environment,
  signal: AbortSignal,
): Promise<Bisection> {
  const git = async (...args: readonly string[]): Promise<string | undefined> => {
    const { status, stdout } = await runGit(args, { cwd, env, signal });
    return status === 0 ? stdout : undefined;
  };
  const asked = ['BISECT_START', 'BISECT_TERMS', 'utopia-bisect'] as const;
  const places = await runGit(
    ['rev-parse', '--show-toplevel', ...asked.flatMap((name) => ['--git-path', name])],
    { cwd, env, signal },
  );
  const lines = places.stdout.split('\n');
  const [top, start, terms, folder] = lines;
  if (places.status !== 0 || lines.length !== 5) throw noClone(cwd, gitWords(places));
  if (top === undefined || start === undefined || terms === undefined || folder === undefined) {
    throw noClone(cwd, []);
  }
  const begun = await readBeginning(resolve(cwd, start));
  if (begun === undefined) throw notBisecting();
  if ((await git('rev-parse', '--quiet', '--verify', 'BISECT_HEAD')) !== undefined) {
    throw new UtopiaError('usage', 'This bisection checks nothing out (--no-checkout).', {
      hint: 'Begin it without that: git bisect reset, then git bisect start BAD GOOD',
    });
  }
  const head = (await git('log', '-1', '--format=%H%n%s', 'HEAD'))?.split('\n');
  const [commit, subject] = head ?? [];
  if (commit === undefined || subject === undefined) throw noClone(cwd, []);
  const status = await git('status', '--porcelain', '--untracked-files=no');
  return {
    ...{ top, folder: resolve(cwd, folder), id: begun, commit, subject },
    terms: await readTerms(resolve(cwd, terms)),
    changed: (status ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, mostChanged),
  };
}

/** git writes BISECT_START once, when a bisection begins: what it says, and when that was. */
async function readBeginning(file: string): Promise<string | undefined> {
  const text = await readRegularText(file, mostBytes).catch(() => undefined);
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  if (text === undefined || found === undefined) return undefined;
  return createHash('sha256').update(`${found.mtimeNs}\n${text}`).digest('hex');
}

/** The word for what is bad stands first. */
async function readTerms(file: string): Promise<Bisection['terms']> {
  const text = await readRegularText(file, mostBytes).catch(() => '');
  const [bad = '', good = ''] = text.split('\n');
  return { good: good === '' ? 'good' : good, bad: bad === '' ? 'bad' : bad };
}

function noClone(cwd: string, details: readonly string[]): UtopiaError {
  return new UtopiaError('kernel-unsuitable', `${cwd} is no working tree of git's.`, {
    details,
    hint: 'Bisect in a clone of the kernel: git clone, then git bisect start BAD GOOD in it',
  });
}

function notBisecting(): UtopiaError {
  return new UtopiaError('usage', 'No bisection is under way here: --bisect is a step of one.', {
    hint: 'git bisect start BAD GOOD\ngit bisect run utopia run --bisect -- ./test.sh\ngit bisect reset',
  });
}
