import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { explainCrash } from '../crash/explain.ts';
import { isUninteresting } from '../crash/frames.ts';
import { crashAftermath, crashHeadline } from '../crash/headline.ts';
import { locateLines, type LocatedCrashes } from '../crash/locate-lines.ts';
import { reportCrash, type RepeatedCrash } from '../crash/report.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../places.ts';
import { shorten } from '../ui/card.ts';
import { renderCrash } from '../ui/crash.ts';
import { formatBytes } from '../ui/format.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine, type LocatedMachine } from './locate.ts';
import { hasDevicePanic, silentPanic } from './oops/device-panic.ts';
import { withHostPaths } from './oops/host-paths.ts';
import { describeEarlier, describeMissingLines } from './oops/notes.ts';
import { readLog, readMachineLogs, type ReadLog } from './oops/read-logs.ts';

export interface OopsOptions {
  /** How many of the latest crashes; undefined is one card, or every crash with --json. */
  readonly last: number | undefined;
  /** A saved console log, relative to the current folder; undefined is the machine's own. */
  readonly log: string | undefined;
  /** The kernel with debug information, relative to the current folder. */
  readonly vmlinux: string | undefined;
}

/** Crashes that are kept of a log without --last: one that crashes in a loop has thousands. */
const mostCrashes = 200;

/** `utopia oops`: the latest crash of the guest's kernel, where it was, what it means. */
export async function runOops(
  context: Context,
  globals: GlobalOptions,
  options: OopsOptions,
): Promise<void> {
  const saved = options.log === undefined ? undefined : resolve(context.cwd, options.log);
  const located = await locate(context, globals, saved !== undefined);
  const kept = Math.max(options.last ?? 0, mostCrashes);
  const log =
    saved === undefined
      ? await readMachineLogs(located?.paths.consoleLog ?? '', kept)
      : await readLog(saved, kept);
  const all = [...log.crashes];
  if (saved === undefined && located !== undefined) {
    if (await hasDevicePanic(context, located, all)) all.push(silentPanic(all));
  }
  const shown = all.slice(-(options.last ?? (globals.json ? mostCrashes : 1)));
  const found = await findLines(context, shown, options, located);
  const { crashes } = found;
  if (globals.json) {
    const events = crashes.map(reportCrash);
    const omitted = log.omitted + all.length - shown.length;
    const { file, bytes } = log;
    context.terminal.out(JSON.stringify({ schema: 1, log: file, bytes, omitted, events }));
    return;
  }
  if (crashes.length === 0) sayNone(context, log);
  else print(context, globals, log, all, found);
}

/** The machine of this folder; a saved log can be read without one. */
async function locate(
  context: Context,
  globals: GlobalOptions,
  optional: boolean,
): Promise<LocatedMachine | undefined> {
  if (!optional) return await locateMachine(context, globals);
  return await locateMachine(context, { ...globals, quiet: true }).catch((error: unknown) => {
    if (error instanceof UtopiaError && error.code === 'config-invalid') return undefined;
    throw error;
  });
}

type FoundLines = Omit<LocatedCrashes, 'crashes'> & {
  readonly crashes: readonly RepeatedCrash[];
};

async function findLines(
  context: Context,
  crashes: readonly RepeatedCrash[],
  { vmlinux }: OopsOptions,
  located: LocatedMachine | undefined,
): Promise<FoundLines> {
  const sharedDir = located?.config.sharedDir ?? context.cwd;
  const folders = [...new Set([sharedDir, located?.config.folder ?? context.cwd, context.cwd])];
  const found = await locateLines(
    crashes,
    {
      vmlinux: vmlinux === undefined ? undefined : resolve(context.cwd, vmlinux),
      folders,
      debugRoot: '/usr/lib/debug',
    },
    { env: context.env, signal: context.signal },
  );
  return {
    ...found,
    crashes: found.crashes.map((crash, index) => ({
      ...withHostPaths(crash, sharedDir),
      repeated: crashes[index]?.repeated ?? 1,
    })),
  };
}

function print(
  context: Context,
  globals: GlobalOptions,
  log: ReadLog,
  all: readonly RepeatedCrash[],
  found: FoundLines,
): void {
  const { terminal } = context;
  const short = (path: string): string => shorten(path, context.cwd, homeFolder(context.env));
  const { columns, color, symbols } = terminal;
  const style = {
    columns,
    color,
    symbols,
    verbose: globals.verbose,
    isUninteresting,
    shorten: short,
  };
  const before =
    log.startsAgo === 0 ? [] : [`From the log of an earlier start: ${short(log.file)}`];
  for (const [index, crash] of found.crashes.entries()) {
    const { what, next } = explainCrash(crash);
    const notes = [
      ...(index === 0 ? [...before, ...describeEarlier(found.crashes, all)] : []),
      ...describeMissingLines(crash, found, short),
    ];
    const aftermath = crashAftermath(crash);
    const steps = [lookAt(crash, next, short), ...(aftermath === '' ? [] : [aftermath])];
    const card = { crash, headline: crashHeadline(crash), what, next: steps, notes };
    if (index > 0) terminal.out();
    for (const line of renderCrash(card, style)) terminal.out(line);
  }
}

/** The step with the line to look at before it, when the line is known. */
function lookAt(crash: RepeatedCrash, next: string, short: (path: string) => string): string {
  const known = crash.file !== undefined && crash.line !== undefined;
  const place = known ? `${short(crash.file)}, line ${crash.line}` : crash.function;
  if (next === '') {
    return place === undefined
      ? 'utopia oops --verbose shows what the kernel printed.'
      : `Look at ${place}, and at what it takes for granted.`;
  }
  return known ? `Look at ${place}. ${next}` : next;
}

function sayNone(context: Context, log: ReadLog): void {
  const { terminal } = context;
  const file = shorten(log.file, context.cwd, homeFolder(context.env));
  const lines =
    log.bytes === 0
      ? [
          `The console log is empty: ${file}`,
          'Without console=ttyS0 on its kernel command line, a guest tells nothing there; its screen (VNC) may.',
        ]
      : [`No crash in ${file} (${formatBytes(log.bytes)}).`];
  for (const line of lines.flatMap((each) => wrapText(each, terminal.columns))) terminal.out(line);
}
