import { formatDuration } from '../text/format.ts';
import { showInLine } from '../text/harmless.ts';
import { drawJobs, fitName, nameWidth, type JobsView, type OpenJob } from './jobs-table.ts';
import { openLiveLines } from './live-lines.ts';
import { openProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** What a run came to, as far as its line says it. */
interface JobEnd {
  readonly status: number;
  /** Null for one that passed, or was interrupted. */
  readonly fault: string | null;
  readonly message: string | null;
  readonly commandMs: number;
}

/** Shows several runs, each by its number in the list of items. */
interface ShownJobs {
  starts(index: number): void;
  runs(index: number): void;
  ends(index: number, end: JobEnd): void;
  warn(text: string): void;
  note(text: string): void;
  close(): void;
}

/**
 * A line for each run as it ends; on a terminal with colours also a live table of the others.
 * `signal` aborts when no more are begun.
 */
export async function openJobsDisplay(
  terminal: Terminal,
  { signal, quiet }: { readonly signal: AbortSignal; readonly quiet: boolean },
  paths: readonly string[],
): Promise<ShownJobs> {
  const items = paths.map(showInLine);
  const progress = await openProgress(terminal, { quiet });
  const live = !quiet && terminal.animated && terminal.errColor.level > 0;
  const width = live ? nameWidth(items, terminal.columns) : 0;
  const states = items.map(() => ({ state: 'waiting' as OpenJob['state'] | 'ended', at: 0 }));
  let failed = 0;
  const view = (): JobsView => ({
    open: states.flatMap(({ state, at }, index) =>
      state === 'ended'
        ? []
        : [{ item: items[index] ?? '', state, sinceMs: performance.now() - at }],
    ),
    items: items.length,
    failed,
    stopping: signal.aborted,
  });
  const closeLive = live
    ? await openLiveLines(terminal, () => {
        const { columns, stderr, errColor, symbols } = terminal;
        const rows = stderr.rows || 24;
        return drawJobs(view(), width, { columns, rows, mark: symbols.info, dim: errColor.dim });
      })
    : undefined;

  function move(index: number, state: OpenJob['state'] | 'ended'): void {
    states[index] = { state, at: performance.now() };
    if (state !== 'ended') tellRunning();
  }

  /** Without the table: the names of those that run, on one line. */
  function tellRunning(): void {
    if (live) return;
    const { open } = view();
    progress.report({
      kind: 'moved',
      title: 'running',
      fraction: (items.length - open.length) / items.length,
      detail: open.flatMap((job) => (job.state === 'waiting' ? [] : job.item)).join(' '),
    });
  }

  return {
    starts: (index) => move(index, 'starting'),
    runs: (index) => move(index, 'running'),
    ends: (index, { status, fault, message, commandMs }) => {
      const title = fitName(items[index] ?? '', live ? width : (items[index] ?? '').length);
      const took = formatDuration(commandMs);
      const [first = ''] = (message ?? `status ${status}`).split('\n');
      const why = first.replace(/\.$/, '');
      if (status !== 0 && fault !== null) failed += 1;
      move(index, 'ended');
      progress.report(
        status === 0
          ? { kind: 'finished', title, detail: `passed, ${took}` }
          : { kind: 'failed', title, detail: `${why}, ${took}` },
      );
      tellRunning();
    },
    warn: (detail) => progress.report({ kind: 'warned', title: 'jobs', detail }),
    note: (text) => progress.report({ kind: 'note', text }),
    close: () => {
      closeLive?.();
      progress.close();
    },
  };
}
