import type { MachineSession } from '../watch/session.ts';
import { findCrashes } from './copy-crashes.ts';
import type { CopyCrashWatch } from './copy-crash-watch.ts';
import { isFatal } from './run-verdict.ts';
import {
  afterOopsMs,
  waitForCommand,
  type AttendOptions,
  type CommandEnd,
  type RunningCommand,
} from './wait-for-command.ts';

/**
 * Stays with a command as `waitForCommand` does. At a crash that is to be kept it waits until that
 * is done; a guest that is paused there stays until somebody lets it go on, or until Ctrl-C.
 */
export async function attendCommand(
  command: RunningCommand,
  session: MachineSession,
  options: Omit<AttendOptions, 'pause'>,
  crashWatch: CopyCrashWatch | undefined,
): Promise<CommandEnd> {
  let end = await waitForCommand(command, session, { ...options, pause: crashWatch?.pause() });
  if (crashWatch === undefined || end.kind === 'killed') return end;
  if (await hasCrashed(options.consoleLog, end)) await crashWatch.settled();
  while (crashWatch.isPaused()) {
    await untilAborted(crashWatch.goesOn(), options.signal);
    if (options.signal.aborted) return { kind: 'killed' };
    // It was over before the guest stood still.
    if (end.kind !== 'paused') return end;
    const pause = crashWatch.pause();
    end = await waitForCommand(command, session, { ...options, timeoutMs: afterOopsMs, pause });
    if (end.kind === 'timed-out') end = { kind: 'crashed', panicked: false };
  }
  return end;
}

async function hasCrashed(consoleLog: string, end: CommandEnd): Promise<boolean> {
  return end.kind === 'crashed' || (await findCrashes(consoleLog, false)).some(isFatal);
}

async function untilAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    void waited.then(end);
  });
}
