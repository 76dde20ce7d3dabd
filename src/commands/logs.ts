import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, UtopiaError } from '../errors.ts';
import { createConsoleReader } from '../guest/console-text.ts';
import { followFile } from '../guest/follow-file.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { readLogs, type LogLine } from '../lifecycle/watch/read-logs.ts';
import type { BootLog } from '../machine/boots.ts';
import { formatLocalTime, parseMoment } from '../text/local-time.ts';

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

/** `utopia logs`: the guest's console, or what QEMU said, of this start or an earlier one. */
export async function runLogs(
  context: Context,
  globals: GlobalOptions,
  options: LogsOptions,
): Promise<void> {
  const since = options.since === undefined ? undefined : readSince(options.since, context.now());
  const located = await locateMachine(context, globals);
  const { config } = located;
  const { file, boots, chosen, lines, wholeBytes } = await readLogs(located, { ...options, since });
  if (globals.json && !options.follow) {
    const head = { schema: 1, name: config.name, log: options.qemu ? 'qemu' : 'console' };
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
