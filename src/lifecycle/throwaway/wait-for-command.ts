import { stat } from 'node:fs/promises';
import type { KeptOutput } from '../../system/bounded-output.ts';
import { Interruption } from '../../environment.ts';
import { crashSeverity } from '../../crash/headline.ts';
import { queryStatus } from '../../qmp/queries.ts';
import type { MachineSession } from '../watch/session.ts';
import { messageOf } from '../../errors.ts';

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
  /** Milliseconds for which the guest has said nothing although asked; each call asks. Absent where it cannot be asked. */
  readonly askSilence?: () => number;
}

/** How it went. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'timed-out' }
  /** The kernel panicked, or the command hangs since it crashed. */
  | { readonly kind: 'crashed'; readonly panicked: boolean }
  | { readonly kind: 'gone'; readonly how: 'rebooted' | 'powered off' | 'ended' }
  /** The way to it was cut in the guest, or said nonsense: a sentence. */
  | { readonly kind: 'lost'; readonly why: string }
  /** The guest did not answer for so long. */
  | { readonly kind: 'silent'; readonly silentMs: number }
  /** It wrote more to its console than anybody reads. */
  | { readonly kind: 'flooded'; readonly bytes: number }
  /** The guest was paused where it crashed. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'killed' };

export interface AttendOptions {
  readonly timeoutMs: number | undefined;
  readonly consoleLog: string;
  /** Resolves when the guest is paused at a crash; absent where nobody pauses it. */
  readonly pause?: Promise<void> | undefined;
  /** The first Ctrl-C ends the run: nobody waits for this command's status. */
  readonly interruptible: boolean;
  /** The first Ctrl-C: the command gets the signal. */
  readonly signal: AbortSignal;
  /** The second: the machine goes. */
  readonly urgentSignal: AbortSignal;
}

/** An oops's victim may have held a lock that the command waits for: it gets so long to end. */
export const afterOopsMs = 5_000;
/** The panic device speaks before the console has told why. */
const afterPanicMs = 1_000;

/** What ends a guest speaks for itself a moment after its agent has gone. */
const afterLossMs = 3_000;
/** How often the guest is asked for a sign of life, and its console is measured. */
const lookMs = 5_000;
/**
 * A guest that does not answer for so long hangs. Its kernel has had the time to say why: a soft
 * lock-up after 20 s, a stall of RCU after 21 or 60, a hung task after 120.
 */
const silentMs = 125_000;
/** After Ctrl-C nobody waits so long. */
const silentAfterSignalMs = 10_000;
/** A whole day of a talkative kernel; a guest that writes without end would fill the host's disk. */
const mostConsoleBytes = 64 * 2 ** 20;

/** Stays with a command until it ends, or until its machine cannot go on with it. */
export async function waitForCommand(
  command: RunningCommand,
  session: MachineSession,
  { timeoutMs, consoleLog, pause, interruptible, signal, urgentSignal }: AttendOptions,
): Promise<CommandEnd> {
  const timers: NodeJS.Timeout[] = [];
  const over = new AbortController();
  let unsubscribe: (() => void) | undefined;
  let agentLeft = false;
  const trouble = new Promise<CommandEnd>((resolve) => {
    const after = (ms: number, end: CommandEnd): void =>
      void timers.push(setTimeout(resolve, ms, end));
    if (timeoutMs !== undefined) after(timeoutMs, { kind: 'timed-out' });
    unsubscribe = session.onEvent((event) => {
      if (event.kind === 'panicked') after(afterPanicMs, { kind: 'crashed', panicked: true });
      if (event.kind === 'rebooted') resolve({ kind: 'gone', how: 'rebooted' });
      // Off for all that the command could still do.
      if (event.kind === 'halted') resolve({ kind: 'gone', how: 'powered off' });
      if (event.kind === 'shutdown') resolve({ kind: 'gone', how: 'powered off' });
      if (event.kind === 'agent-left') {
        agentLeft = true;
        after(afterLossMs, { kind: 'lost', why: 'The guest’s agent ended before the command.' });
      }
      if (event.kind !== 'crashed') return;
      const severity = crashSeverity(event.crash);
      if (severity === 'panic') after(afterPanicMs, { kind: 'crashed', panicked: true });
      if (severity === 'oops') after(afterOopsMs, { kind: 'crashed', panicked: false });
    });
    void pause?.then(() => resolve({ kind: 'paused' }));
    void session.exited.then(() => resolve({ kind: 'gone', how: 'ended' }));
    const listening = { once: true, signal: over.signal } as const;
    urgentSignal.addEventListener('abort', () => resolve({ kind: 'killed' }), listening);
    const pass = (): void => {
      if (interruptible) resolve({ kind: 'killed' });
      const { reason } = signal as { readonly reason: unknown };
      const name = reason instanceof Interruption ? reason.signalName : 'SIGTERM';
      command.signal(name).catch(() => resolve({ kind: 'killed' }));
    };
    if (signal.aborted) pass();
    else signal.addEventListener('abort', pass, listening);
    const look = async (): Promise<void> => {
      const { size } = await stat(consoleLog).catch(() => ({ size: 0 }));
      if (size > mostConsoleBytes) resolve({ kind: 'flooded', bytes: size });
      const heardNothingMs = command.askSilence?.() ?? 0;
      if (heardNothingMs <= (signal.aborted ? silentAfterSignalMs : silentMs)) return;
      // A guest that stands still because somebody debugs it does not hang.
      if (!(await runs(session))) return;
      resolve(signal.aborted ? { kind: 'killed' } : { kind: 'silent', silentMs: heardNothingMs });
    };
    timers.push(setInterval(() => void look(), lookMs));
    command.ended.catch((error: unknown) =>
      after(afterLossMs, { kind: 'lost', why: causeOf(error) }),
    );
  });
  const ended = command.ended.then(async ({ status }): Promise<CommandEnd> => {
    // What QEMU has to tell of the guest's agent comes before its next answer.
    await runs(session);
    // A status that comes from a port which the agent has left is not the agent's.
    return agentLeft ? await trouble : { kind: 'exited', status };
  });
  // One that is cut off ends as trouble.
  const orTrouble = ended.catch(async () => await trouble);
  try {
    return await Promise.race([orTrouble, trouble, session.failed]);
  } finally {
    over.abort();
    unsubscribe?.();
    for (const timer of timers) clearTimeout(timer);
  }
}

/** QEMU's answer to a simple question, at the latest. */
const answerMs = 5_000;

/** Whether the guest's processors run, as far as QEMU says. */
async function runs(session: Pick<MachineSession, 'monitor'>): Promise<boolean> {
  const monitor = session.monitor();
  if (monitor === undefined) return true;
  return await queryStatus(monitor, { timeoutMs: answerMs }).then(
    ({ status }) => status === 'running',
    () => true,
  );
}

function causeOf(error: unknown): string {
  const cause = error instanceof CutOff ? error.cause : error;
  return messageOf(cause);
}

/** A command whose channel broke, with what came through until then. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
  readonly output: CommandOutput;

  constructor(output: CommandOutput, cause: unknown) {
    super('The command was cut off.', { cause });
    this.output = output;
  }
}
