import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { watchProgram, type RunningProgram, type RunResult } from './lab.ts';
import { readBlocks } from './page-blocks.ts';
import type { PageFolder } from './page-lab.ts';

/** Where the commands of a page run. */
export interface Bench extends PageFolder {
  /** Runs a line, in a folder below the bench's; its stdin is at its end. */
  run(line: string, where?: string): Promise<RunResult>;
  /** The same for one command that a test ends, or waits for. */
  start(line: string, where?: string): RunningProgram;
}

/** How a command of a page runs where it does not run as it stands, in the bench's folder, and ends with 0. */
export interface CommandForm {
  /** What runs instead, and why. */
  readonly as?: readonly [line: string, why: string];
  /** The folder below the bench's that the page speaks of. */
  readonly where?: string;
  readonly status?: number;
  /** What it prints. */
  readonly says?: RegExp;
  /** It waits for its user: when it has said this it gets Ctrl-C, or goes on beside what follows. */
  readonly until?: readonly [RegExp, 'Ctrl-C' | 'goes on'];
  readonly before?: (bench: Bench) => Promise<unknown>;
  /** Begins with the command, and is waited for after it. */
  readonly meanwhile?: (bench: Bench) => Promise<unknown>;
  readonly after?: (bench: Bench) => Promise<unknown>;
}

export type CommandForms = Readonly<Record<string, CommandForm>>;

export function openBench(place: PageFolder): Bench {
  const start = (line: string, where = '.'): RunningProgram => {
    const cwd = join(place.folder, where);
    // Behind a socket bash takes itself for a remote login, and reads its settings.
    const child = spawn('bash', ['--norc', '-euc', line], { cwd, env: place.env, stdio: 'pipe' });
    child.stdin.end();
    return watchProgram(child);
  };
  return { ...place, start, run: async (line, where) => await start(line, where).ended };
}

/** The commands in the `sh` blocks of a page, in their order, without what explains them. */
export function pageCommands(page: string): string[] {
  return readBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/**
 * Runs every command of a page, and tells of each that does not do what it should. `words` of a
 * page stand for something of the bench's. A form that belongs to no command of the page is an
 * error, too.
 */
export async function runPage(
  bench: Bench,
  page: string,
  forms: CommandForms,
  words: () => Readonly<Record<string, string>> = () => ({}),
): Promise<void> {
  const commands = pageCommands(page);
  const strange = Object.keys(forms).filter((each) => !commands.includes(each));
  expect(strange, `forms of commands that ${page} has not`).toEqual([]);
  for (const command of commands) {
    const form = forms[command] ?? {};
    await form.before?.(bench);
    let line = form.as?.[0] ?? command;
    for (const [word, meant] of Object.entries(words())) line = line.replaceAll(word, meant);
    const other = form.meanwhile?.(bench);
    const { status, stdout, stderr } = await runForm(bench, line, form);
    await other;
    const told = `${page}: ${line} ended with ${status}:\n${stdout}${stderr}`;
    expect.soft(status, told).toBe(form.status ?? 0);
    if (form.says !== undefined) expect.soft(stdout + stderr, told).toMatch(form.says);
    await form.after?.(bench);
  }
}

async function runForm(
  bench: Bench,
  line: string,
  { until, where, status }: CommandForm,
): Promise<RunResult> {
  if (until === undefined) return await bench.run(line, where);
  const [pattern, then] = until;
  // exec: the signal is for the program, and not for its shell.
  const program = bench.start(`exec ${line}`, where);
  await program.sees(pattern);
  if (then === 'goes on') return { status: status ?? 0, stdout: '', stderr: '' };
  program.child.kill('SIGINT');
  return await program.ended;
}
