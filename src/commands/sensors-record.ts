import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatSensors } from '../config/sensors.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { followFeed } from '../sensors/feed.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { namedFileMode } from '../system/umask.ts';
import { countOf, formatBytes, formatDuration } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';
import { listeningEnd, type ListenOptions } from './sensors/listening.ts';
import { chooseFeed } from './sensors/feed.ts';

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
  const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') {
      throw new UtopiaError('file-exists', `${path} is there already.`, {
        hint: 'Give another name, or remove it first.',
      });
    }
    const hint = 'Give a name in a folder that you may write to.';
    throw describeUnmade(`${path} cannot be made`, path, error, hint);
  });
  await handle.chmod(namedFileMode()).catch(() => {});
  const display = await openProgress(context.terminal, { quiet: globals.quiet || globals.json });
  const startedAt = performance.now();
  let frames = 0;
  let bytes = 0;
  let trouble: unknown;
  let written = Promise.resolve();
  const end = listeningEnd(context, options);
  const write = async (frame: Buffer): Promise<void> => {
    if (trouble !== undefined) return;
    try {
      await handle.appendFile(frame);
      frames += 1;
      bytes += frame.length;
    } catch (error) {
      trouble = error;
      end.abort();
    }
  };
  const title = 'recording';
  display.report({ kind: 'note', text: `${formatSensors(feed)} (Ctrl-C ends it)` });
  try {
    await followFeed(
      feed,
      {
        frame: (frame) => {
          written = written.then(() => write(frame));
          display.report({ kind: 'moved', title, detail: countOf(frames, 'frame') });
        },
        note: (text) => display.report({ kind: 'note', text }),
      },
      end.signal,
    );
    await written;
    if (trouble !== undefined) {
      // Whole frames alone: the last one may have had room for its start.
      await handle.truncate(bytes).catch(() => {});
      const kept = `${path} has the first ${countOf(frames, 'frame')}, and no more can be written`;
      throw describeUnmade(kept, path, trouble, 'Record to another place.');
    }
  } finally {
    end.stop();
    display.close();
    await handle.close();
  }
  const elapsedMs = Math.round(performance.now() - startedAt);
  if (globals.json) {
    context.terminal.json({ schema: 1, file: path, frames, bytes, elapsedMs });
    return;
  }
  context.terminal.out(
    `${countOf(frames, 'frame')}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}: ${path}`,
  );
}
