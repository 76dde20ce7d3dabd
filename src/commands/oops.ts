import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { reportCrash } from '../crash/report.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../places.ts';
import { shorten } from '../ui/card.ts';
import { formatBytes } from '../ui/format.ts';
import { wrapText } from '../ui/lines.ts';
import { locateMachine, type LocatedMachine } from './locate.ts';
import { hasDevicePanic, silentPanic } from './oops/device-panic.ts';
import { crashCards, locateCrashes } from './oops/cards.ts';
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
      ? await readMachineLogs(located?.paths.consoleLog ?? '', kept, context.signal)
      : await readLog(saved, kept, context.signal);
  const all = [...log.crashes];
  if (saved === undefined && located !== undefined) {
    if (await hasDevicePanic(context, located, all)) all.push(silentPanic(all));
  }
  const shown = all.slice(-(options.last ?? (globals.json ? mostCrashes : 1)));
  const found = await locateCrashes(context, shown, {
    vmlinux: options.vmlinux === undefined ? undefined : resolve(context.cwd, options.vmlinux),
    sharedDir: located?.config.sharedDir ?? context.cwd,
    folder: located?.config.folder ?? context.cwd,
  });
  const { crashes } = found;
  if (globals.json) {
    const events = crashes.map(reportCrash);
    const omitted = log.omitted + all.length - shown.length;
    const { file, bytes } = log;
    context.terminal.json({ schema: 1, log: file, bytes, omitted, events });
    return;
  }
  if (crashes.length === 0) return sayNone(context, log);
  const from = `From the log of an earlier start: ${shorten(log.file, context.cwd, homeFolder(context.env))}`;
  const before = log.startsAgo === 0 ? [] : [from];
  const cards = crashCards(context, globals, found, { all, before, machineGoesOn: true });
  for (const line of cards) context.terminal.out(line);
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
