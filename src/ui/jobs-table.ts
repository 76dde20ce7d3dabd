import { formatDuration } from '../text/format.ts';
import { keepEnd, keepStart, padToWidth, textWidth } from '../text/width.ts';

/** One of several runs that has not ended, `sinceMs` of it spent in its state. */
export interface OpenJob {
  readonly item: string;
  readonly state: 'waiting' | 'starting' | 'running';
  readonly sinceMs: number;
}

/** Where several runs are. */
export interface JobsView {
  /** In the order of the items. */
  readonly open: readonly OpenJob[];
  readonly items: number;
  readonly failed: number;
  /** No more are begun: Ctrl-C. */
  readonly stopping: boolean;
}

/** The room that there is, in columns and lines, and how what matters less is coloured. */
export interface TableRoom {
  readonly columns: number;
  readonly rows: number;
  /** Before a line and between numbers. */
  readonly mark: string;
  readonly dim: (text: string) => string;
}

/** A name is cut to this; its end says more than its start. */
const longestName = 40;
/** More would push away what has ended, which is what one looks for. */
const mostLines = 10;
/** Lines that the prompt and the last verdicts keep. */
const spareLines = 4;

/** Width of the column with these items' names. Pure. */
export function nameWidth(items: readonly string[], columns: number): number {
  const longest = Math.max(...items.map(textWidth));
  return Math.min(longest, longestName, columns - 30);
}

/** A path in so many columns, cut at its start. Pure. */
export function fitName(item: string, width: number): string {
  return padToWidth(keepEnd(item, width), width);
}

/**
 * The lines below the verdicts: those that run, then those that come next as far as
 * there is room, and how far all is. Never more lines than the terminal has. Pure.
 */
export function drawJobs(view: JobsView, width: number, room: TableRoom): string[] {
  const running = view.open.filter(({ state }) => state !== 'waiting');
  const waiting = view.stopping ? [] : view.open.filter(({ state }) => state === 'waiting');
  const lines = Math.max(1, Math.min(mostLines, room.rows - spareLines));
  const shown = [...running, ...waiting].slice(0, lines);
  return [
    ...shown.map((job) => drawJob(job, width, room)),
    drawTotal(view, running.length, room.mark).slice(0, room.columns - 5),
  ];
}

function drawJob({ item, state, sinceMs }: OpenJob, width: number, room: TableRoom): string {
  const time = state === 'waiting' ? '' : formatSeconds(sinceMs);
  const line = `  ${room.mark} ${fitName(item, width)}  ${state.padEnd(8)} ${time.padStart(12)}`;
  const fitting = keepStart(line.trimEnd(), room.columns - 1);
  return state === 'waiting' ? room.dim(fitting) : fitting;
}

/** `7 of 10 done · 2 running · 1 failed · 1 waiting`. */
function drawTotal(
  { open, items, failed, stopping }: JobsView,
  running: number,
  mark: string,
): string {
  const waiting = open.length - running;
  const parts: readonly (readonly [number, string])[] = [
    [running, 'running'],
    [failed, 'failed'],
    [waiting, stopping ? 'not begun' : 'waiting'],
  ];
  return [
    `${items - open.length} of ${items} done`,
    ...parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    ...(stopping && running > 0 ? ['they are ended'] : []),
  ].join(` ${mark} `);
}

/** Whole seconds: tenths would only flicker. */
function formatSeconds(ms: number): string {
  return ms < 99_950 ? `${Math.floor(ms / 1000)} s` : formatDuration(ms);
}
