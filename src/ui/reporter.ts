import type { Asker, LifecycleContext, Reporter } from '../lifecycle/context.ts';
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
    warn: (text) => terminal.err(`${errColor.yellow(symbols.warn)} ${indentRest(text)}`),
    alarm: (text) => {
      for (const line of `${symbols.fail} ${indentRest(text)}`.split('\n'))
        terminal.err(errColor.red(line));
    },
    // Loaded when something is drawn: a command that draws nothing need not wait for it.
    openProgress: async (silent) =>
      await (await import('./progress.ts')).openProgress(terminal, { quiet: silent }),
    animated: terminal.animated,
  };
}

/** The lines below the first one, below its words. */
function indentRest(text: string): string {
  return text.replaceAll('\n', '\n  ');
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
