import type { Ora } from 'ora';
import type { ProgressDisplay, ProgressEvent } from '../progress-events.ts';
import type { Terminal } from './terminal.ts';
import { formatDuration } from '../text/format.ts';
import { showInLine } from '../text/harmless.ts';
import { foldLine, wrapText } from './lines.ts';

/** Width of the title column: `firmware`, `boot loader`, `packages`. */
const titleWidth = 11;
/** Where the text behind the title starts: two blanks, mark, blank, title, blank. */
const markWidth = titleWidth + 5;
const longestStart = 50;

/**
 * Draws progress on stderr: with a spinner and a bar on a terminal, as plain
 * lines elsewhere (one when a stage ends, none while it moves).
 */
export async function openProgress(
  terminal: Terminal,
  options: { readonly quiet?: boolean } = {},
): Promise<ProgressDisplay> {
  if (options.quiet === true) return { report: () => {}, close: () => {} };
  const { symbols, errColor } = terminal;
  let spinner: Ora | undefined;
  if (terminal.animated) {
    const { openSpinner } = await import('./spinner.ts');
    // ora's own indent would leave the cursor there, and move the lines between two stages.
    spinner = openSpinner(terminal.stderr, { prefixText: ' ' });
  }

  const marks = {
    finished: errColor.green(symbols.ok),
    warned: errColor.yellow(symbols.warn),
    failed: errColor.red(symbols.fail),
  };

  function print(line: string): void {
    const spinning = spinner?.isSpinning === true;
    if (spinning) spinner?.stop();
    terminal.err(line);
    if (spinning) spinner?.start();
  }

  function report(event: ProgressEvent): void {
    // What stands on one line of ours: a name with a newline must not look like a second one.
    const title = event.kind === 'note' ? '' : showInLine(event.title);
    switch (event.kind) {
      case 'started':
        spinner?.start(title);
        break;
      case 'moved':
        if (spinner !== undefined) {
          spinner.text = movingLine({ ...event, title }, terminal.columns);
          if (!spinner.isSpinning) spinner.start();
        }
        break;
      case 'note':
        for (const line of foldLine(event.text, terminal.columns - 2)) print(`  ${line}`);
        break;
      case 'finished':
      case 'warned':
      case 'failed': {
        if (spinner?.isSpinning === true) spinner.stop();
        const time =
          event.kind === 'finished' && event.elapsedMs !== undefined
            ? formatDuration(event.elapsedMs)
            : undefined;
        const text = [event.detail, time].filter((part) => part !== undefined).join(', ');
        // A longer title (a path) pushes its text to the right, as far as there is room for it.
        const start = Math.max(markWidth, Math.min(title.length + 5, longestStart));
        const mark = `  ${marks[event.kind]} ${title.padEnd(titleWidth)} `;
        const [first = '', ...rest] = wrapText(text, terminal.columns - start);
        terminal.err(`${mark}${first}`.trimEnd());
        for (const line of rest) terminal.err(`${' '.repeat(start)}${line}`);
        break;
      }
    }
  }

  return {
    report,
    close: () => {
      if (spinner?.isSpinning === true) spinner.stop();
    },
  };
}

function movingLine(event: ProgressEvent & { kind: 'moved' }, columns: number): string {
  const bar = event.fraction === undefined ? undefined : drawBar(event.fraction, 20);
  const line = [event.title.padEnd(titleWidth), bar, event.detail]
    .filter((part) => part !== undefined)
    .join(' ');
  // Indent and spinner take four columns; a line that wraps cannot be redrawn.
  return showInLine(line).slice(0, columns - 5);
}

/** A bar of `width` cells for a fraction from 0 to 1, with the per cent behind it. */
export function drawBar(fraction: number, width: number): string {
  const part = Math.min(1, Math.max(0, fraction));
  const filled = Math.round(part * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${String(Math.floor(part * 100)).padStart(3)}%`;
}
