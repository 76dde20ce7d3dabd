import type { GuestEvent } from '../../guest/events.ts';

type Listener = (event: GuestEvent) => void;

/** Who is told of a guest's events. */
export interface EventListeners {
  readonly emit: (event: GuestEvent) => void;
  /** Gives the function that ends it. */
  readonly add: (listener: Listener) => () => void;
}

/**
 * Passes each event to who listens then. A halt is a guest's last word, and comes once: who begins to
 * listen after it, as one phase of a command follows another, hears of it, too, until the guest boots anew.
 */
export function createEventListeners(): EventListeners {
  const listeners = new Set<Listener>();
  let halt: GuestEvent | undefined;
  return {
    emit: (event) => {
      if (event.kind === 'halted') halt = event;
      if (event.kind === 'rebooted') halt = undefined;
      for (const listener of listeners) listener(event);
    },
    add: (listener) => {
      listeners.add(listener);
      const missed = halt;
      if (missed !== undefined) {
        queueMicrotask(() => {
          if (missed === halt && listeners.has(listener)) listener(missed);
        });
      }
      return () => void listeners.delete(listener);
    },
  };
}
