import { crashSeverity } from '../../crash/headline.ts';
import { UtopiaError } from '../../errors.ts';
import { plainLine } from '../../guest/console-text.ts';
import { readTail } from '../../guest/file-tail.ts';
import type { GuestEvent } from '../../guest/events.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { MachineSession } from './session.ts';

/** Lines of the console that say what went before. */
const lastLines = 8;
const tailBytes = 4_096;

/** The end of a guest, for whoever is in the middle of something with it. */
export interface LossWatch {
  /** Rejects with `guest-lost`; nobody need wait for it. */
  readonly lost: Promise<never>;
  readonly stop: () => void;
}

/**
 * Notices that a copy's guest is reset, panics, powers off or goes with its QEMU. Who talks to it
 * through the agent would wait for ever: the port stays open. `doing` is the rest of `The guest was reset while …`.
 */
export function watchForLoss(
  session: Pick<MachineSession, 'onEvent' | 'exited'>,
  { consoleLog }: Pick<MachinePaths, 'consoleLog'>,
  doing: string,
): LossWatch {
  const over = new AbortController();
  const lost = new Promise<never>((_resolve, reject) => {
    const tell = (how: string): void => {
      if (over.signal.aborted) return;
      void explain(consoleLog, `The guest ${how} while ${doing}.`).then(reject);
    };
    const unsubscribe = session.onEvent((event) => {
      const how = endOf(event);
      if (how !== undefined) tell(how);
    });
    over.signal.addEventListener('abort', unsubscribe, { once: true });
    void session.exited.then(() => tell('went with its QEMU'));
  });
  lost.catch(() => {});
  return { lost, stop: () => over.abort() };
}

/** What an event says of the guest's end, as the rest of a sentence; undefined for one that it survives. Pure. */
function endOf(event: GuestEvent): string | undefined {
  if (event.kind === 'rebooted') return 'was reset';
  if (event.kind === 'shutdown') return 'powered off';
  if (event.kind === 'halted') return 'halted';
  if (event.kind === 'panicked') return 'panicked';
  const panics = event.kind === 'crashed' && crashSeverity(event.crash) === 'panic';
  return panics ? 'panicked' : undefined;
}

async function explain(consoleLog: string, message: string): Promise<UtopiaError> {
  const tail = await readTail(consoleLog, tailBytes);
  const lines = (tail?.bytes.toString() ?? '')
    .split('\n')
    .map(plainLine)
    .filter((line) => line !== '');
  return new UtopiaError('guest-lost', message, {
    details: lines.slice(-lastLines).map((line) => `| ${line}`),
    hint: 'utopia up starts the machine itself, and shows how it fares.',
  });
}
