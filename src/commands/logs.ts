import { createReadStream } from 'node:fs';
import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError } from '../errors.ts';
import { createConsoleReader } from '../guest/console-text.ts';
import { followFile } from '../guest/follow-file.ts';
import { createPlacer, startsOfRuns } from '../guest/log-times.ts';
import { formatLocalTime, parseMoment } from '../text/local-time.ts';
import { listBoots, type BootLog } from '../machine/boots.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';

export interface LogsOptions {
  readonly follow: boolean;
  /** As typed: `10m`, `14:02`, `2026-11-23 14:02`. */
  readonly since: string | undefined;
  /** How many starts ago; undefined for the last one, or with `since` for all. */
  readonly boot: number | undefined;
  /** QEMU's own words instead of the console. */
  readonly qemu: boolean;
  /** The last lines only. */
  readonly lines: number | undefined;
}

/** A line as it would be read, with the boot it is of and when it was written at the latest. */
interface LogLine {
  readonly boot: number;
  readonly atMs: number;
  readonly text: string;
}

/** `utopia logs`: the guest's console, or what QEMU said, of this start or an earlier one. */
export async function runLogs(
  context: Context,
  globals: GlobalOptions,
  options: LogsOptions,
): Promise<void> {
  const since = options.since === undefined ? undefined : readSince(options.since, context.now());
  const located = await locateMachine(context, globals);
  const file = options.qemu ? located.paths.qemuLog : located.paths.consoleLog;
  const boots = await listBoots(file);
  const chosen = chooseBoots(boots, options, since);
  if (boots.length === 0 || (chosen.length === 0 && options.boot !== undefined)) {
    if (!options.follow) throw nothingThere(located, boots, options.boot);
  }
  const { lines, wholeBytes } = await readLines(chosen, since, options);
  if (globals.json && !options.follow) {
    const head = { schema: 1, name: located.config.name, log: options.qemu ? 'qemu' : 'console' };
    context.terminal.json({ ...head, boots, lines: lines.map(asJson) });
    return;
  }
  if (lines.length === 0 && since !== undefined && !globals.quiet) {
    context.terminal.err(`Nothing since ${formatLocalTime(since)}.`);
  }
  let last: number | undefined;
  for (const line of lines) {
    if (line.boot !== last && chosen.length > 1) noteBoot(context, globals, boots, line.boot);
    last = line.boot;
    print(context, globals, line);
  }
  if (options.follow) await follow(context, globals, file, wholeBytes);
}

function readSince(text: string, now: Date): Date {
  const moment = parseMoment(text, now);
  if (moment !== undefined) return moment;
  throw new UtopiaError('usage', `--since "${text}" is not a time.`, {
    hint: 'Write 10m, 2h, 14:02 or "2026-11-23 14:02".',
  });
}

/** The logs to read, the oldest first. */
function chooseBoots(
  boots: readonly BootLog[],
  { boot, follow: follows }: LogsOptions,
  since: Date | undefined,
): BootLog[] {
  if (boot !== undefined) return boots.filter((each) => each.boot === boot);
  if (since === undefined || follows) return boots.filter((each) => each.boot === 0);
  return boots.filter(({ writtenAt }) => writtenAt >= since).toReversed();
}

function nothingThere(
  { config }: LocatedMachine,
  boots: readonly BootLog[],
  boot: number | undefined,
): UtopiaError {
  if (boots.length === 0) {
    return new UtopiaError('log-missing', `${config.name} was never started: it has no logs yet.`, {
      hint: 'utopia up',
    });
  }
  const there = boots.map(
    (each) => `${String(each.boot).padStart(3)}  started ${formatLocalTime(each.begunAt)}`,
  );
  return new UtopiaError('log-missing', `${config.name} has no log of ${boot} starts ago.`, {
    details: ['There is:', ...there],
    hint: 'utopia logs --boot 0',
  });
}

async function readLines(
  boots: readonly BootLog[],
  since: Date | undefined,
  { lines: most, follow: follows }: LogsOptions,
): Promise<{ readonly lines: readonly LogLine[]; readonly wholeBytes: number }> {
  let lines: LogLine[] = [];
  let wholeBytes = 0;
  for (const boot of boots) {
    const { texts, partial, ...read } = await readTexts(boot);
    wholeBytes = read.wholeBytes;
    // A line that is still being written is given by following it.
    if (partial !== '' && !follows) texts.push(partial);
    const place = createPlacer();
    const places = texts.map(place);
    const lastStamps: number[] = [];
    for (const { run, stampMs } of places) lastStamps[run] = stampMs;
    const starts = startsOfRuns(lastStamps, {
      begunAtMs: boot.begunAt.getTime(),
      writtenAtMs: boot.writtenAt.getTime(),
    });
    for (const [at, { run, stampMs }] of places.entries()) {
      const atMs = Math.round((starts[run] ?? boot.begunAt.getTime()) + stampMs);
      if (since === undefined || atMs >= since.getTime()) {
        lines.push({ boot: boot.boot, atMs, text: texts[at] ?? '' });
      }
    }
    if (most !== undefined) lines = lines.slice(-most);
  }
  return { lines, wholeBytes };
}

interface LogTexts {
  readonly texts: string[];
  /** The last line where it has not ended, and the bytes before it. */
  readonly partial: string;
  readonly wholeBytes: number;
}

async function readTexts({ file }: BootLog): Promise<LogTexts> {
  const read = createConsoleReader();
  const texts: string[] = [];
  let partial = '';
  let bytes = 0;
  let wholeBytes = 0;
  for await (const data of createReadStream(file)) {
    const chunk = data as Buffer;
    const text = read(chunk);
    for (const line of text.lines) texts.push(line);
    partial = text.partial;
    const lastNewline = chunk.lastIndexOf(0x0a);
    if (lastNewline >= 0) wholeBytes = bytes + lastNewline + 1;
    bytes += chunk.length;
  }
  return { texts, partial, wholeBytes };
}

/** Follows the log until Ctrl-C, over reboots of the guest and new starts of the machine. */
async function follow(
  context: Context,
  globals: GlobalOptions,
  file: string,
  fromByte: number,
): Promise<void> {
  const read = createConsoleReader();
  for await (const chunk of followFile(file, { signal: context.signal, fromByte })) {
    const atMs = context.now().getTime();
    for (const text of read(chunk).lines) print(context, globals, { boot: 0, atMs, text });
    // Nobody reads on (`utopia logs -f | head -1`), or there is no room for more.
    if (context.terminal.stdout.errored) return;
  }
  // As tail -f under a shell: whoever follows ends it by Ctrl-C.
  process.exitCode = exitStatus.interrupted;
}

function print({ terminal }: Context, globals: GlobalOptions, line: LogLine): void {
  if (globals.json) terminal.json(asJson(line));
  else if (terminal.stdout.isTTY) terminal.outWhole(line.text);
  // Whoever reads it by a program gets the text as the guest wrote it.
  else terminal.stdout.write(`${line.text}\n`);
}

function asJson({ boot, atMs, text }: LogLine): object {
  return { boot, time: new Date(atMs).toISOString(), text };
}

function noteBoot(
  { terminal }: Context,
  globals: GlobalOptions,
  boots: readonly BootLog[],
  boot: number,
): void {
  const begunAt = boots.find((each) => each.boot === boot)?.begunAt;
  if (begunAt === undefined || globals.quiet || globals.json) return;
  terminal.err(`-- started ${formatLocalTime(begunAt)}`);
}
