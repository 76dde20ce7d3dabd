import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { crashHeadline } from '../crash/headline.ts';
import { noteKept } from '../crash/kept-crash.ts';
import { reportCrash } from '../crash/crash-report.ts';
import { locateIfValid, locateMachine } from '../lifecycle/launch/locate.ts';
import { chooseCrashes } from '../lifecycle/watch/choose-crashes.ts';
import { locateCrashes } from '../lifecycle/watch/locate-crashes.ts';
import {
  readMachineLogs,
  readSavedLog,
  standardInput,
} from '../lifecycle/watch/read-crash-logs.ts';
import { readPipedLog } from '../lifecycle/watch/read-piped-log.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { describeEarlierCrash, describeNoCrash } from '../ui/no-crash.ts';
import { crashCards } from './oops/cards.ts';

export interface OopsOptions {
  /** How many of the latest crashes; undefined is the one of the last boot that explains it, or every crash with --json. */
  readonly last: number | undefined;
  /** Every crash of the log. */
  readonly all: boolean;
  /** A saved console log, relative to the current folder; `-` is standard input, undefined the machine's own. */
  readonly log: string | undefined;
  /** The kernel with debug information, relative to the current folder. */
  readonly vmlinux: string | undefined;
}

/** Crashes that are kept of a log without --last: one that crashes in a loop has thousands. */
const mostCrashes = 200;

/** `utopia oops`: what crashed in the guest's kernel since its last boot, where it was, what it means. */
export async function runOops(
  context: Context,
  globals: GlobalOptions,
  options: OopsOptions,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const capacity = Math.max(options.last ?? 0, mostCrashes);
  const input = options.log === undefined ? await readPipedLog(context, capacity) : undefined;
  const saved = options.log === undefined ? input?.file : savedLog(context, options.log);
  const isOwn = saved === undefined;
  // A saved log can be read without a machine.
  const located = isOwn
    ? await locateMachine(context, globals)
    : await locateIfValid(context, { ...globals, quiet: true });
  const log = isOwn
    ? await readMachineLogs(located?.paths.consoleLog ?? '', capacity, context.signal)
    : (input ?? (await readSavedLog(context, saved, capacity)));
  const several = options.all || globals.json ? mostCrashes : undefined;
  const latest = options.last ?? several;
  const machine = isOwn ? located : undefined;
  const { all, ofBoot, chosen, wanted } = await chooseCrashes(context, log, machine, latest);
  const found = await locateCrashes(context, wanted, {
    vmlinux: options.vmlinux === undefined ? undefined : resolve(cwd, options.vmlinux),
    sharedDir: located?.config.sharedDir ?? cwd,
    folder: located?.config.folder ?? cwd,
  });
  const { file, bytes, startsAgo, boot } = log;
  const [first] = found.crashes;
  if (globals.json) {
    const events = found.crashes.map(reportCrash);
    const omitted = log.omitted + all.length - wanted.length;
    const explains = chosen?.number;
    terminal.json({ schema: 1, log: file, bytes, startsAgo, boot, explains, omitted, events });
    return;
  }
  const shown = shortenPath(file, cwd, homeFolder(env));
  if (first === undefined) {
    const last = all.at(-1);
    const name = file === standardInput ? 'standard input' : shown;
    const lines =
      last === undefined
        ? describeNoCrash({ ...log, file: name }, terminal.columns)
        : describeEarlierCrash(startsAgo, crashHeadline(last), terminal.columns);
    for (const line of lines) terminal.out(line);
    return;
  }
  const before = [
    ...(startsAgo === 0 ? [] : [`From the log of an earlier start: ${shown}`]),
    ...(machine === undefined ? [] : await noteKept(machine.paths.crashesDir, first)),
  ];
  const surroundings = { all: latest === undefined ? ofBoot : all, before, machineGoesOn: true };
  for (const line of crashCards(context, globals, found, surroundings)) terminal.out(line);
}

/** The file that is meant; a terminal is told what it is waited for. */
function savedLog({ cwd, terminal }: Context, log: string): string {
  if (log !== standardInput) return resolve(cwd, log);
  if (terminal.stdin.isTTY)
    terminal.err('Paste the log here; Ctrl-D on a line of its own ends it.');
  return log;
}
