import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { openDeadline } from '../system/deadline.ts';
import { UtopiaError } from '../errors.ts';
import { foldLine } from './lines.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks a yes-or-no question. `assumeYes` (--yes) answers it; without a terminal
 * nobody can, and a UtopiaError `consent-needed` says what was not done and which
 * option would have allowed it. Enter alone takes the default: no, unless
 * `defaultYes`.
 */
export async function confirm(
  terminal: Terminal,
  question: string,
  options: {
    readonly assumeYes: boolean;
    readonly defaultYes?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<boolean> {
  if (options.assumeYes) return true;
  if (!terminal.interactive) {
    throw new UtopiaError('consent-needed', `Nobody is here to answer: ${question}`, {
      hint: 'Add --yes to agree, or run this in a terminal.',
    });
  }
  const reader = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const choices = options.defaultYes === true ? '[Y/n]' : '[y/N]';
    const prompt = beginQuestion(terminal, `${question} ${choices}`);
    const answer = await (options.signal === undefined
      ? reader.question(prompt)
      : reader.question(prompt, { signal: options.signal }));
    const word = answer.trim().toLowerCase();
    if (word === '') return options.defaultYes === true;
    return word === 'y' || word === 'yes';
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      // Ctrl-C leaves the cursor behind the question.
      terminal.err();
      throw new UtopiaError('interrupted', 'Interrupted; nothing was changed.');
    }
    throw error;
  } finally {
    reader.close();
  }
}

/**
 * Prints what a question has beyond one line of the terminal; gives its last line, with a blank
 * for the answer, fit for a stream.
 */
function beginQuestion(terminal: Terminal, question: string): string {
  const width = terminal.columns - answerWidth;
  const lines = question.split('\n').flatMap((line) => foldLine(line, width));
  for (const line of lines.slice(0, -1)) terminal.err(line);
  return terminal.shown(`${lines.at(-1) ?? ''} `);
}

/** Room for the blank and for `yes`. */
const answerWidth = 4;

/**
 * Asks for one of several lines, by its number; Enter alone takes `usual`. For a terminal only.
 * Gives its place in `lines`; throws `interrupted` when `signal` aborts, or the input ends.
 */
export async function choose(
  terminal: Terminal,
  question: string,
  lines: readonly string[],
  usual: number,
  signal: AbortSignal,
): Promise<number> {
  for (const [at, line] of lines.entries()) {
    terminal.err(`  ${String(at + 1).padStart(2)}  ${line}`);
  }
  const reader = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const end = openDeadline(undefined, signal);
  reader.once('close', () => end.abort());
  try {
    for (;;) {
      const prompt = terminal.shown(`${question} [${usual + 1}] `);
      const answer = await reader.question(prompt, { signal: end.signal });
      const word = answer.trim();
      const number = word === '' ? usual + 1 : Number(word);
      if (Number.isInteger(number) && number >= 1 && number <= lines.length) return number - 1;
      terminal.err(`  Type a number from 1 to ${lines.length}; Ctrl-C leaves.`);
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    terminal.err();
    throw new UtopiaError('interrupted', 'Interrupted; nothing was started.');
  } finally {
    end.stop();
    reader.close();
  }
}

/**
 * Asks a yes-or-no question that one key answers: y or Enter for yes, any other for
 * no. For a terminal only; Ctrl-C throws `interrupted`, as an abort of `signal` does.
 */
export async function confirmByKey(
  terminal: Terminal,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { stdin, stderr } = terminal;
  stderr.write(beginQuestion(terminal, `${question} [Y/n]`));
  stdin.setRawMode(true);
  stdin.resume();
  try {
    const [key] = (await once(stdin, 'data', { signal })) as [Buffer];
    const word = key.toString();
    if (word === '\u0003')
      throw new UtopiaError('interrupted', 'Interrupted; nothing was started.');
    const yes = /^[yY\r\n]/.test(word);
    stderr.write(yes ? 'y' : 'n');
    return yes;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    throw new UtopiaError('interrupted', 'Interrupted; nothing was started.');
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    terminal.err();
  }
}
