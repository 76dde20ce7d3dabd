import type { Context, GlobalOptions } from '../../context.ts';
import { formatDuration } from '../../text/format.ts';
import { showInLine } from '../../text/harmless.ts';
import { openLiveLines } from '../../ui/live-lines.ts';
import { openProgress } from '../../ui/progress.ts';
import { drawJobs, fitName, nameWidth, type JobsView, type OpenJob } from './jobs-table.ts';
import type { JobsDisplay } from '../../lifecycle/several/run-many.ts';

/** A line for each run as it ends; on a terminal with colours also a live table of the others. */
export async function openJobsDisplay(
  { terminal, signal }: Context,
  globals: GlobalOptions,
  paths: readonly string[],
): Promise<JobsDisplay> {
  const items = paths.map(showInLine);
  const quiet = globals.quiet || globals.json;
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
