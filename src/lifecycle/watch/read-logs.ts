import { UtopiaError } from '../../errors.ts';
import { readTimedLines, type TimedLine } from '../../guest/timed-lines.ts';
import { listBoots, type BootLog } from '../../machine/boots.ts';
import { formatLocalTime } from '../../text/local-time.ts';
import type { LocatedMachine } from '../launch/locate.ts';

/** Which lines of a machine's logs are wanted. */
export interface LogWish {
  /** QEMU's own words instead of the console. */
  readonly qemu: boolean;
  /** How many starts ago; undefined for the last one, or with `since` for all. */
  readonly boot: number | undefined;
  readonly since: Date | undefined;
  /** The last lines only. */
  readonly lines: number | undefined;
  /** The last log is followed from `wholeBytes` on. */
  readonly follow: boolean;
}

/** A line, with the boot it is of. */
export interface LogLine extends TimedLine {
  readonly boot: number;
}

export interface ReadLogs {
  /** Absolute path of the last start's log, which need not exist. */
  readonly file: string;
  /** All that are kept, the last start first. */
  readonly boots: readonly BootLog[];
  /** Those that were read, the oldest first. */
  readonly chosen: readonly BootLog[];
  readonly lines: readonly LogLine[];
  /** Bytes of the last chosen log up to its last line that has ended. */
  readonly wholeBytes: number;
}

/**
 * Reads a machine's logs. Throws `log-missing` for a machine that was never started, and for a
 * boot that has no log, unless they are followed.
 */
export async function readLogs(machine: LocatedMachine, wish: LogWish): Promise<ReadLogs> {
  const file = wish.qemu ? machine.paths.qemuLog : machine.paths.consoleLog;
  const boots = await listBoots(file);
  const chosen = chooseBoots(boots, wish);
  const isMissing = boots.length === 0 || (chosen.length === 0 && wish.boot !== undefined);
  if (isMissing && !wish.follow) throw nothingThere(machine, boots, wish.boot);
  return { file, boots, chosen, ...(await readLines(chosen, wish)) };
}

/** The logs to read, the oldest first. Pure. */
export function chooseBoots(
  boots: readonly BootLog[],
  { boot, follow, since }: Pick<LogWish, 'boot' | 'follow' | 'since'>,
): BootLog[] {
  if (boot !== undefined) return boots.filter((each) => each.boot === boot);
  if (since === undefined || follow) return boots.filter((each) => each.boot === 0);
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
  { since, lines: most, follow }: LogWish,
): Promise<Pick<ReadLogs, 'lines' | 'wholeBytes'>> {
  let lines: LogLine[] = [];
  let wholeBytes = 0;
  for (const each of boots) {
    const { boot } = each;
    const read = await readTimedLines(each, { partial: !follow });
    wholeBytes = read.wholeBytes;
    for (const line of read.lines) {
      if (since === undefined || line.atMs >= since.getTime()) lines.push({ boot, ...line });
    }
    if (most !== undefined) lines = lines.slice(-most);
  }
  return { lines, wholeBytes };
}
