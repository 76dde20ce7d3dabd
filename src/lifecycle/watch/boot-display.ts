import { crashLine } from '../../crash/headline.ts';
import type { BootStage, StageReached } from '../../guest/boot-stages.ts';
import { formatDuration } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { Reporter } from '../lifecycle-context.ts';
import type { MachineSession } from './session.ts';

/** What a stage is called on the screen. */
const stageTitles: Readonly<Record<BootStage, string>> = {
  firmware: 'firmware',
  loader: 'boot loader',
  kernel: 'kernel',
  init: 'init',
  network: 'network',
  ssh: 'ssh',
};

const redrawMs = 200;

export interface ShowOptions {
  readonly verbose: boolean;
  /** It does not boot, but goes on: what its kernel says is no stage. */
  readonly resumed: boolean;
}

/**
 * Draws a boot: a line for each stage as it is reached, with the time since the
 * start, and below it how long the next one has been awaited. With `verbose` the
 * console itself is shown instead.
 */
export function showBoot(
  session: MachineSession,
  display: ProgressDisplay,
  reporter: Pick<Reporter, 'line'>,
  { verbose, resumed }: ShowOptions,
): { stop(): void } {
  const show = (event: StageReached): void => {
    if (resumed && event.stage !== 'ssh') return;
    display.report({
      kind: 'finished',
      title: stageTitles[event.stage],
      ...(event.detail === undefined ? {} : { detail: event.detail }),
      elapsedMs: event.atMs,
    });
  };
  const unsubscribe = session.onEvent((event) => {
    if (event.kind === 'stage') show(event);
    if (event.kind === 'rebooted') display.report({ kind: 'note', text: 'the guest reboots' });
    if (event.kind === 'crashed') display.report({ kind: 'note', text: crashLine(event.crash) });
  });
  if (verbose) {
    session.onConsole((text) => {
      for (const line of text.lines) reporter.line(line);
    });
    return { stop: unsubscribe };
  }
  const timer = setInterval(() => {
    const seconds = formatDuration(session.elapsedMs());
    const detail = `${seconds}${nameSilence(session.silentMs())}`;
    display.report({ kind: 'moved', title: 'booting', detail });
  }, redrawMs);
  return {
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  };
}

/** A shorter silence is a part of every boot. */
const noteworthyMs = 10_000;

/** What is added to how long a boot takes, where its guest shows no sign of life; else nothing. */
export function nameSilence(silentMs: number): string {
  return silentMs > noteworthyMs ? `, no sign of life for ${formatDuration(silentMs)}` : '';
}
