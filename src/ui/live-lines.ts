import type { Terminal } from './terminal.ts';

/** Often enough for seconds that count up; each drawing costs a busy host a little. */
const redrawMs = 200;

/**
 * Keeps lines at the end of the terminal that are drawn anew as time goes on, a
 * spinner before the last one; what is printed meanwhile, on stdout too, stays above
 * them. `draw` gives at least one line; the last has four columns less. Only for a
 * terminal that is `animated`. The returned function takes the lines away.
 */
export async function openLiveLines(
  terminal: Terminal,
  draw: () => readonly string[],
): Promise<() => void> {
  const { openSpinner } = await import('./spinner.ts');
  const spinner = openSpinner(terminal.stderr, { interval: redrawMs });
  // Asked for before the text, at each drawing.
  spinner.prefixText = () => {
    const lines = draw().map((line) => terminal.shown(line));
    spinner.text = lines.at(-1) ?? '';
    return [...lines.slice(0, -1), ' '].join('\n');
  };
  spinner.start();
  return () => void spinner.stop();
}
