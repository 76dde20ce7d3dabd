import type { Asker, LifecycleContext, Reporter } from '../lifecycle/lifecycle-context.ts';
import { foldFor } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** What the lifecycle of a machine needs of a person, on a terminal. */
export function onTerminal(
  terminal: Terminal,
): Pick<LifecycleContext, 'reporter' | 'asker' | 'streams'> {
  return {
    reporter: terminalReporter(terminal),
    asker: terminalAsker(terminal),
    streams: terminal,
  };
}

function terminalReporter(terminal: Terminal): Reporter {
  const { errColor, symbols } = terminal;
  return {
    line: (text) => terminal.err(text),
    warn: (text) =>
      terminal.err(`${errColor.yellow(symbols.warn)} ${foldBehindMark(text, terminal)}`),
    alarm: (text) => {
      for (const line of `${symbols.fail} ${foldBehindMark(text, terminal)}`.split('\n'))
        terminal.err(errColor.red(line));
    },
    // Loaded when something is drawn: a command that draws nothing need not wait for it.
    openProgress: async (silent) =>
      await (await import('./progress.ts')).openProgress(terminal, { quiet: silent }),
    animated: terminal.animated,
  };
}

/** A text behind a mark and a blank: its lines, and what a terminal is too narrow for, below its words. */
function foldBehindMark(text: string, { stderr, columns }: Terminal): string {
  const lines = text.split('\n').flatMap((line) => foldFor(stderr, line, columns - 2));
  return lines.join('\n  ');
}

function terminalAsker(terminal: Terminal): Asker {
  return {
    get present() {
      return terminal.interactive;
    },
    confirm: async (question, options) =>
      await (await import('./ask.ts')).confirm(terminal, question, options),
  };
}
