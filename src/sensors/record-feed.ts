import { open, type FileHandle } from 'node:fs/promises';
import type { SensorFeed } from '../config/machine-config.ts';
import { UtopiaError } from '../errors.ts';
import type { Deadline } from '../system/deadline.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { namedFileMode } from '../system/umask.ts';
import { countOf } from '../text/format.ts';
import { followFeed } from './feed.ts';

/** A new file that frames are written to. */
export interface Recording {
  /** Absolute. */
  readonly path: string;
  readonly handle: FileHandle;
}

/** What was written. */
export interface RecordedFrames {
  readonly frames: number;
  readonly bytes: number;
}

/** Makes the file. Throws `file-exists` and `cannot-create`; whoever has it closes it. */
export async function openRecording(path: string): Promise<Recording> {
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
  return { path, handle };
}

/**
 * Writes a feed's frames, as they are on the line, until `end`. `listener` hears of each frame with
 * how many are written by then, and what befalls the feed. Throws `disk-full` or `cannot-create`
 * when no more can be written; the file then has whole frames alone.
 */
export async function recordFeed(
  feed: SensorFeed,
  { path, handle }: Recording,
  end: Deadline,
  listener: { readonly frame: (written: number) => void; readonly note: (text: string) => void },
): Promise<RecordedFrames> {
  let frames = 0;
  let bytes = 0;
  let trouble: unknown;
  let written = Promise.resolve();
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
  const frame = (data: Buffer): void => {
    written = written.then(() => write(data));
    listener.frame(frames);
  };
  await followFeed(feed, { frame, note: listener.note }, end.signal);
  await written;
  if (trouble === undefined) return { frames, bytes };
  // Whole frames alone: the last one may have had room for its start.
  await handle.truncate(bytes).catch(() => {});
  const kept = `${path} has the first ${countOf(frames, 'frame')}, and no more can be written`;
  throw describeUnmade(kept, path, trouble, 'Record to another place.');
}
