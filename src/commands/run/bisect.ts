import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { runBisectStep, type StepResult } from '../../lifecycle/bisect/run-step.ts';
import type { BisectWish, RunOptions } from '../../lifecycle/several/run-options.ts';
import { homeFolder } from '../../system/places.ts';
import { isBelow } from '../../text/is-below.ts';
import { countOf, formatDuration } from '../../text/format.ts';
import { showInLine } from '../../text/harmless.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { keepStart } from '../../text/width.ts';
import { printError } from '../../ui/error.ts';
import { foldLine } from '../../ui/lines.ts';

/** Nobody looks after a bisection: as of several runs. */
const usualTimeoutMs = 600_000;

/** `utopia run --bisect`: one step of `git bisect run`. Gives the status that git goes by. */
export async function runBisect(
  context: Context,
  globals: GlobalOptions,
  options: RunOptions,
  wish: BisectWish,
): Promise<number> {
  const { cwd, terminal } = context;
  const { words, use, yes, network, maxOutputBytes, maxCopyOutBytes, from, flags } = options;
  const result = await runBisectStep(context, globals, {
    out: wish.output === undefined ? undefined : resolve(cwd, wish.output),
    jobs: options.jobs ?? availableParallelism(),
    ...{ llvm: wish.llvm, ccache: wish.ccache, bootFailureIs: wish.bootFailureIs, flags },
    run: {
      ...{ words, use, yes, network, maxOutputBytes, maxCopyOutBytes, from },
      ...{ copyOut: [], keep: undefined, sees: undefined, noInput: true },
      timeoutMs: options.timeoutMs ?? usualTimeoutMs,
      // A warm base is of one kernel, and this one is booted once.
      cold: true,
      capture: globals.json,
    },
  });
  if (globals.json) terminal.json(asJson(result));
  else if (!globals.quiet) sayStep(context, result);
  if (result.trouble !== undefined) printError(terminal, result.trouble, globals.verbose);
  return result.status;
}

function asJson({ bisection, verdict, status, why, ...rest }: StepResult): object {
  const { commit, subject } = bisection;
  const { number, changes, build, report, log, ms } = rest;
  return {
    ...{ schema: 1, step: number, commit, subject, verdict, status, why: why ?? null },
    ...{ configChanges: changes, build: build ?? null, run: report ?? null, log, ms },
  };
}

/** How many of the options that changed have their names in the line below a step's. */
const shownOptions = 4;

/** `✓ 3 1a2b3c4d5e6f good, 52 s: mm: say what is wrong`, and why where it is not good. */
function sayStep({ terminal, cwd, env }: Context, result: StepResult): void {
  const { verdict, number, bisection, ms, why, log, changes } = result;
  const { errColor, symbols, columns } = terminal;
  const mark = {
    good: errColor.green(symbols.ok),
    bad: errColor.red(symbols.fail),
    skip: errColor.yellow(symbols.warn),
    stop: errColor.yellow(symbols.warn),
  }[verdict];
  const { terms, subject, commit, changed } = bisection;
  const called = { ...terms, skip: 'skipped', stop: 'stopped' }[verdict];
  const head = `${number} ${commit.slice(0, 12)} ${showInLine(called)}, ${formatDuration(ms)}`;
  const named = showInLine(subject);
  const isShort = columns < head.length + 30;
  terminal.err(`${mark} ${isShort ? head : keepStart(`${head}: ${named}`, columns - 3)}`);
  const say = (text: string): void => {
    for (const line of foldLine(showInLine(text), columns - 3)) terminal.err(`  ${line}`);
  };
  if (isShort) say(keepStart(named, columns - 3));
  if (why !== undefined && result.trouble === undefined) say(why);
  if (changed.length > 0) {
    say(`Tested with ${countOf(changed.length, 'changed file')} of yours: git status`);
  }
  if (changes.length > 0) {
    const names = changes.slice(0, shownOptions).map(({ option }) => option);
    const rest = changes.length - names.length;
    const more = rest > 0 ? ` and ${rest} more` : '';
    say(`${countOf(changes.length, 'option')} by olddefconfig: ${names.join(' ')}${more}`);
  }
  const place = isBelow(cwd, log) ? relative(cwd, log) : log;
  if (verdict !== 'good') terminal.err(`  log: ${place}`);
  const { consoleLog = null } = result.report ?? {};
  if (consoleLog === null) return;
  const short = shortenPath(consoleLog, cwd, homeFolder(env));
  terminal.err(`  crash: utopia oops --log ${quoteForShell(short)}`);
}
