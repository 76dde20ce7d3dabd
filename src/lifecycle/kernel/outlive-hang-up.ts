import { Interruption } from '../../environment.ts';
import { outliveTerminal } from '../../system/signals.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** The rest of an install, which a terminal that closes does not end, and Ctrl-C does. */
export function outliveHangUp(context: LifecycleContext): {
  readonly context: LifecycleContext;
  readonly end: () => void;
} {
  const stopOutliving = outliveTerminal(process);
  const first = withoutHangUp(context.signal);
  const second = withoutHangUp(context.urgentSignal);
  return {
    context: { ...context, signal: first.signal, urgentSignal: second.signal },
    end: () => {
      stopOutliving();
      first.end();
      second.end();
    },
  };
}

/** A signal that aborts with another one, but not where that is the terminal's hang-up. */
function withoutHangUp(source: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const pass = (): void => {
    const { reason } = source;
    if (reason instanceof Interruption && reason.signalName === 'SIGHUP') return;
    own.abort(reason);
  };
  if (source.aborted) pass();
  else source.addEventListener('abort', pass, { once: true });
  return { signal: own.signal, end: () => source.removeEventListener('abort', pass) };
}
