import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConsoleLine } from '../../crash/console-line.ts';
import { UtopiaError } from '../../errors.ts';
import { followFile } from '../../guest/follow-file.ts';
import type { WatchLoss } from '../../guest/ssh-program.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { GuestState } from './guest-state.ts';
import { lostGuest } from './lost-guest-error.ts';

const lookMs = 200;
/** A guest that has told of its end has come to it after so many looks, also on a busy host. */
const mostConfirmations = 50;
/** What a kernel says last: of a panic, and of `halt`. */
const lastWords = /^(?:---\[ end Kernel panic - not syncing|reboot: System halted)/;

/** Bytes in the logs before the session began; undefined for one that is not there. */
export interface LogSizes {
  readonly firmware: number | undefined;
  readonly console: number | undefined;
}

/**
 * Notices that the guest behind a session is gone: reset, panicked or halted, as `findState` finds
 * it. Its TCP connection stays as it is then, and ssh waits minutes for an answer.
 */
export function watchGuestLoss(
  { consoleLog, firmwareLog }: Pick<MachinePaths, 'consoleLog' | 'firmwareLog'>,
  before: LogSizes,
  findState: () => Promise<GuestState>,
): WatchLoss {
  return (onLoss) => {
    const ended = new AbortController();
    const { signal } = ended;
    const lose = (error: UtopiaError): void => {
      if (!signal.aborted) onLoss(error);
      ended.abort();
    };
    const watches = [
      watchFirmware(firmwareLog, before.firmware, signal, lose),
      watchConsole(consoleLog, before.console, signal, findState, lose),
    ];
    // What cannot be watched leaves ssh's own timeout.
    for (const watch of watches) watch.catch(() => {});
    return () => ended.abort();
  };
}

type Lose = (error: UtopiaError) => void;

/** SeaBIOS writes to its log at every reset of the guest, and only then. */
async function watchFirmware(
  file: string,
  before: number | undefined,
  signal: AbortSignal,
  lose: Lose,
): Promise<void> {
  for (;;) {
    await sleep(lookMs, undefined, { signal });
    const { size } = await stat(file);
    if (size !== before) {
      lose(
        new UtopiaError('guest-lost', 'The guest was reset; its sessions are gone.', {
          hint: 'utopia status tells when it is up again.',
        }),
      );
      return;
    }
  }
}

async function watchConsole(
  file: string,
  fromByte: number | undefined,
  signal: AbortSignal,
  findState: () => Promise<GuestState>,
  lose: Lose,
): Promise<void> {
  let rest = '';
  let looking = false;
  // Anybody in the guest can print such a line: the guest's processors must show the same.
  const confirm = async (): Promise<void> => {
    for (let count = 0; count < mostConfirmations && !signal.aborted; count += 1) {
      const state = await findState();
      if (state.kind === 'panicked' || state.kind === 'halted') {
        lose(lostGuest(state));
        return;
      }
      await sleep(lookMs, undefined, { signal });
    }
  };
  for await (const bytes of followFile(file, { signal, fromByte: fromByte ?? 0, pollMs: lookMs })) {
    const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
    // A program that never ends its line is no panic.
    rest = (lines.pop() ?? '').slice(-4_096);
    if (looking || !lines.some((line) => lastWords.test(readConsoleLine(line).message))) continue;
    looking = true;
    confirm()
      .catch(() => {})
      .finally(() => (looking = false));
  }
}
