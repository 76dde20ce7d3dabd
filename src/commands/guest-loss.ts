import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConsoleLine } from '../crash/console-line.ts';
import { UtopiaError } from '../errors.ts';
import { followFile } from '../guest/follow-file.ts';
import type { WatchLoss } from '../guest/ssh-program.ts';
import type { MachinePaths } from '../machine/paths.ts';
import { panicked } from './guest-panic.ts';

const lookMs = 200;

/** Bytes in the logs before the session began; undefined for one that is not there. */
export interface LogSizes {
  readonly firmware: number | undefined;
  readonly console: number | undefined;
}

/**
 * Notices that the guest behind a session is gone. Its TCP connection stays as it
 * is when a guest is reset or panics, and ssh waits minutes for an answer.
 */
export function watchGuestLoss(
  { consoleLog, firmwareLog }: Pick<MachinePaths, 'consoleLog' | 'firmwareLog'>,
  before: LogSizes,
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
      watchConsole(consoleLog, before.console, signal, lose),
    ];
    // What cannot be watched leaves ssh's own patience.
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
  lose: Lose,
): Promise<void> {
  let rest = '';
  for await (const bytes of followFile(file, { signal, fromByte: fromByte ?? 0, pollMs: lookMs })) {
    const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
    // A program that never ends its line is no panic.
    rest = (lines.pop() ?? '').slice(-4_096);
    const panic = lines
      .map((line) => readConsoleLine(line).message)
      .find((message) => message.startsWith('Kernel panic - not syncing'));
    if (panic !== undefined) lose(panicked(panic.trim()));
  }
}
