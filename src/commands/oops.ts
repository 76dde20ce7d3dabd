import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { crashHeadline } from '../crash/headline.ts';
import { findKept, listKeptCrashes } from '../crash/kept-crash.ts';
import { reportCrash, type RepeatedCrash } from '../crash/report.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { countOf, formatBytes } from '../text/format.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { hasDevicePanic, silentPanic } from '../lifecycle/watch/silent-panic.ts';
import { locateCrashes } from '../lifecycle/watch/locate-crashes.ts';
import { crashCards } from './oops/cards.ts';
import { chooseCrash } from './oops/choose.ts';
import { describeBusyModule } from './oops/notes.ts';
import {
  readMachineLogs,
  readSavedLog,
  standardInput,
  type ReadLog,
} from '../lifecycle/watch/read-crash-logs.ts';

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
  const input = options.log === undefined ? await readPipe(context, options) : undefined;
  const saved = options.log === undefined ? input?.file : savedLog(context, options.log);
  const located = await locate(context, globals, saved !== undefined);
  const kept = Math.max(options.last ?? 0, mostCrashes);
  const log =
    saved === undefined
      ? await readMachineLogs(located?.paths.consoleLog ?? '', kept, context.signal)
      : (input ?? (await readSavedLog(context, saved, kept)));
  const all = [...log.crashes];
  if (saved === undefined && located !== undefined) {
    if (await hasDevicePanic(context, located, all)) all.push(silentPanic(all));
  }
  const own = saved === undefined;
  // Of a saved log, the last boot in which something crashed.
  const boot = own ? log.boot : all.at(-1)?.boot;
  const ofBoot = log.startsAgo > 0 ? [] : all.filter((crash) => crash.boot === boot);
  const chosen = chooseCrash(ofBoot);
  const several = options.all || globals.json ? mostCrashes : undefined;
  const latest = options.last ?? several;
  const shown = latest === undefined ? (chosen === undefined ? [] : [chosen]) : all.slice(-latest);
  const found = await locateCrashes(context, shown, {
    vmlinux: options.vmlinux === undefined ? undefined : resolve(context.cwd, options.vmlinux),
    sharedDir: located?.config.sharedDir ?? context.cwd,
    folder: located?.config.folder ?? context.cwd,
  });
  const { crashes } = found;
  if (globals.json) {
    const events = crashes.map(reportCrash);
    const omitted = log.omitted + all.length - shown.length;
    const { file, bytes, startsAgo } = log;
    const explains = chosen === undefined ? undefined : chosen.number;
    context.terminal.json({
      schema: 1,
      ...{ log: file, bytes, startsAgo, boot: log.boot, explains, omitted, events },
    });
    return;
  }
  if (crashes.length === 0) {
    const last = all.at(-1);
    if (last === undefined) return sayNone(context, log);
    return sayEarlier(context, log, last);
  }
  const from = `From the log of an earlier start: ${shortenPath(log.file, context.cwd, homeFolder(context.env))}`;
  const before = [
    ...(log.startsAgo === 0 ? [] : [from]),
    ...(await noteKept(located, saved === undefined ? crashes[0] : undefined)),
  ];
  const cards = crashCards(context, globals, found, {
    all: latest === undefined ? ofBoot : all,
    before,
    machineGoesOn: true,
  });
  for (const line of cards) context.terminal.out(line);
}

/** Where the memory of the crash that is shown is, if it was kept. */
async function noteKept(
  located: LocatedMachine | undefined,
  crash: RepeatedCrash | undefined,
): Promise<string[]> {
  if (located === undefined || crash === undefined) return [];
  const { crashes } = await listKeptCrashes(located.paths.crashesDir);
  const kept = findKept(crashes, crash);
  return kept === undefined
    ? []
    : [`Kept as crash ${kept.number}, with what could be: utopia crash show ${kept.number}`];
}

/** The file that is meant; a terminal is told what it is waited for. */
function savedLog({ cwd, terminal }: Context, log: string): string {
  if (log !== standardInput) return resolve(cwd, log);
  if (terminal.stdin.isTTY)
    terminal.err('Paste the log here; Ctrl-D on a line of its own ends it.');
  return log;
}

/** Before a pipe that gives nothing is spoken of, in ms: dmesg takes a tenth of that. */
const quietPipeMs = 1000;

/**
 * What comes through a pipe when no log is named, as in `dmesg | utopia oops`; undefined where
 * there is no pipe, or nothing comes of it: then the machine's own log is meant.
 */
async function readPipe(context: Context, { last }: OopsOptions): Promise<ReadLog | undefined> {
  const { terminal } = context;
  if (!isPipe(terminal.stdin)) return undefined;
  const notice = setTimeout(() => {
    terminal.err(
      'Reading the log from standard input. utopia oops </dev/null reads the machine’s own.',
    );
  }, quietPipeMs);
  try {
    const log = await readSavedLog(context, standardInput, Math.max(last ?? 0, mostCrashes));
    return log.bytes === 0 ? undefined : log;
  } finally {
    clearTimeout(notice);
  }
}

/** A pipe of a shell's: what a program that started us holds open is none. */
function isPipe(stdin: Context['terminal']['stdin']): boolean {
  try {
    return (stdin as { readonly fd?: number }).fd === 0 && fstatSync(0).isFIFO();
  } catch {
    return false;
  }
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

/** Nothing has crashed in the boot that runs; something did before it. */
function sayEarlier({ terminal }: Context, { startsAgo }: ReadLog, last: RepeatedCrash): void {
  const when =
    startsAgo === 0 ? 'in a boot before this one' : `${countOf(startsAgo, 'start', 'starts')} ago`;
  const since = startsAgo === 0 ? 'boot' : 'start';
  const lines = [
    `No crash since this ${since}; the last was ${when}: ${crashHeadline(last)}.`,
    'utopia oops --last 1 shows it.',
  ];
  for (const line of lines.flatMap((each) => wrapText(each, terminal.columns))) terminal.out(line);
}

function sayNone(context: Context, log: ReadLog): void {
  const { terminal } = context;
  const file =
    log.file === standardInput
      ? 'standard input'
      : shortenPath(log.file, context.cwd, homeFolder(context.env));
  const { unread, busyModule } = log.remarks;
  const lines =
    log.bytes === 0
      ? [
          `The console log is empty: ${file}`,
          'Without console=ttyS0 on its kernel command line, a guest tells nothing there; its screen (VNC) may.',
        ]
      : [
          `No crash in ${file} (${formatBytes(log.bytes)}).`,
          ...(unread === undefined
            ? []
            : [
                'It looks like a kernel’s log, but what stands before the kernel’s words is not understood:',
                unread,
                'Cut that off each line (sed, cut), and try again.',
              ]),
          ...(busyModule === undefined ? [] : [describeBusyModule(busyModule)]),
        ];
  for (const line of lines.flatMap((each) => wrapText(each, terminal.columns))) terminal.out(line);
}
