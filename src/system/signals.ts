import { Interruption } from '../environment.ts';

/** The signals that ask a program to end; the terminal's hang-up is one of them. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SignalListener {
  readonly signal: AbortSignal;
  readonly urgentSignal: AbortSignal;
  stopListening(): void;
}

/**
 * Turns Ctrl-C and its kin into abort signals: the first aborts `signal`, the
 * second `urgentSignal`. From the third on the system's own handling is back, so
 * that a command that hangs can always be ended.
 */
export function listenToSignals(source: NodeJS.Process): SignalListener {
  const first = new AbortController();
  const second = new AbortController();
  // Every waiting part of a command listens; a dozen of them is no leak.
  const listener = (name: NodeJS.Signals): void => {
    if (!first.signal.aborted) first.abort(new Interruption(name));
    else {
      second.abort(new Interruption(name));
      // Not before all have heard this one: a library that tidies the terminal (signal-exit)
      // kills the process at once when it finds itself the only listener.
      setImmediate(stopListening);
    }
  };
  function stopListening(): void {
    for (const name of endingSignals) source.off(name, listener);
  }
  for (const name of endingSignals) source.on(name, listener);
  return { signal: first.signal, urgentSignal: second.signal, stopListening };
}

/**
 * The terminal may close from now on, however often the system says so: what is under way goes on
 * to its end. Gives the function that ends this.
 */
export function outliveTerminal(source: NodeJS.Process): () => void {
  source.on('SIGHUP', goOn);
  return () => void source.off('SIGHUP', goOn);
}

/**
 * Ctrl-C is for a program in the foreground from now on, as often as it comes: that has the
 * terminal, and hears it too. Gives the function that ends this.
 */
export function leaveInterrupts(source: NodeJS.Process): () => void {
  source.on('SIGINT', goOn);
  return () => void source.off('SIGINT', goOn);
}

function goOn(): void {}
