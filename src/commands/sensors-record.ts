import { resolve } from 'node:path';
import { formatSensors } from '../config/sensor-setting.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { chooseFeed } from '../lifecycle/launch/choose-feed.ts';
import { listeningEnd, type ListenOptions } from '../sensors/listening.ts';
import { openRecording, recordFeed, type RecordedFrames } from '../sensors/record-feed.ts';
import { countOf, formatBytes, formatDuration } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';

/**
 * `utopia sensors record FILE`: writes the feed's frames to a new file, as they
 * are on the line, until Ctrl-C or for `seconds`.
 */
export async function runSensorsRecord(
  context: Context,
  globals: GlobalOptions,
  name: string,
  options: ListenOptions,
): Promise<void> {
  const feed = await chooseFeed(context, globals, options.from);
  const path = resolve(context.cwd, name);
  const recording = await openRecording(path);
  const display = await openProgress(context.terminal, { quiet: globals.quiet || globals.json });
  const startedAt = performance.now();
  const end = listeningEnd(context.signal, options);
  const note = (text: string): void => display.report({ kind: 'note', text });
  note(`${formatSensors(feed)} (Ctrl-C ends it)`);
  let recorded: RecordedFrames;
  try {
    recorded = await recordFeed(feed, recording, end, {
      frame: (written) => {
        const detail = countOf(written, 'frame');
        display.report({ kind: 'moved', title: 'recording', detail });
      },
      note,
    });
  } finally {
    end.stop();
    display.close();
    await recording.handle.close();
  }
  const { frames, bytes } = recorded;
  const elapsedMs = Math.round(performance.now() - startedAt);
  if (globals.json) {
    context.terminal.json({ schema: 1, file: path, frames, bytes, elapsedMs });
    return;
  }
  context.terminal.out(
    `${countOf(frames, 'frame')}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}: ${path}`,
  );
}
