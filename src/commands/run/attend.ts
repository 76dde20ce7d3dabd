import type { KeptOutput } from '../../bounded-output.ts';
import { Interruption } from '../../context.ts';
import { crashSeverity } from '../../crash/headline.ts';
import type { MachineSession } from '../up/session.ts';

/** What is kept of what a command printed; nothing where it went straight through. */
export interface CommandOutput {
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
}

/** A command in the guest, while it runs. */
export interface RunningCommand {
  /** Its exit status; rejects when the way to it is cut. */
  readonly ended: Promise<CommandOutput & { readonly status: number }>;
  signal(name: NodeJS.Signals): Promise<void>;
}

/** How it went. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'timed-out' }
  /** The kernel panicked, or the command hangs since it crashed. */
  | { readonly kind: 'crashed'; readonly panicked: boolean }
  | { readonly kind: 'gone'; readonly how: 'rebooted' | 'powered off' | 'ended' }
  | { readonly kind: 'killed' };

export interface AttendOptions {
  readonly timeoutMs: number | undefined;
  /** The first Ctrl-C: the command gets the signal. */
  readonly signal: AbortSignal;
  /** The second: the machine goes. */
  readonly urgentSignal: AbortSignal;
}

/** An oops's victim may have held a lock that the command waits for: it gets so long to end. */
const afterOopsMs = 5_000;
/** The panic device speaks before the console has told why. */
const afterPanicMs = 1_000;

/** Stays with a command until it ends, or until its machine cannot go on with it. */
export async function attendCommand(
  command: RunningCommand,
  session: MachineSession,
  { timeoutMs, signal, urgentSignal }: AttendOptions,
): Promise<CommandEnd> {
  const timers: NodeJS.Timeout[] = [];
  const over = new AbortController();
  let unsubscribe: (() => void) | undefined;
  const trouble = new Promise<CommandEnd>((resolve) => {
    const after = (ms: number, end: CommandEnd): void =>
      void timers.push(setTimeout(resolve, ms, end));
    if (timeoutMs !== undefined) after(timeoutMs, { kind: 'timed-out' });
    unsubscribe = session.onEvent((event) => {
      if (event.kind === 'panicked') after(afterPanicMs, { kind: 'crashed', panicked: true });
      if (event.kind === 'rebooted') resolve({ kind: 'gone', how: 'rebooted' });
      if (event.kind === 'shutdown') resolve({ kind: 'gone', how: 'powered off' });
      if (event.kind !== 'crashed') return;
      const severity = crashSeverity(event.crash);
      if (severity === 'panic') after(afterPanicMs, { kind: 'crashed', panicked: true });
      if (severity === 'oops') after(afterOopsMs, { kind: 'crashed', panicked: false });
    });
    void session.exited.then(() => resolve({ kind: 'gone', how: 'ended' }));
    const listening = { once: true, signal: over.signal } as const;
    urgentSignal.addEventListener('abort', () => resolve({ kind: 'killed' }), listening);
    const pass = (): void => {
      const { reason } = signal as { readonly reason: unknown };
      const name = reason instanceof Interruption ? reason.signalName : 'SIGTERM';
      command.signal(name).catch(() => resolve({ kind: 'killed' }));
    };
    if (signal.aborted) pass();
    else signal.addEventListener('abort', pass, listening);
  });
  const ended = command.ended.then(({ status }): CommandEnd => ({ kind: 'exited', status }));
  try {
    return await Promise.race([ended, trouble, session.failed]);
  } finally {
    over.abort();
    unsubscribe?.();
    for (const timer of timers) clearTimeout(timer);
    // Its way is cut with the machine.
    ended.catch(() => {});
  }
}
