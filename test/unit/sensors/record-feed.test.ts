import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listeningEnd } from '../../../src/sensors/listening.ts';
import { openRecording, recordFeed } from '../../../src/sensors/record-feed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('frames are written as they come, and a recording never replaces a file', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'feed.bin');
  const recording = await openRecording(path);
  const end = listeningEnd(new AbortController().signal, { seconds: undefined });
  const told: number[] = [];
  const recorded = await recordFeed({ kind: 'sim', faults: [] }, recording, end, {
    frame: (written) => {
      told.push(written);
      if (told.length === 2) end.abort();
    },
    note: () => {},
  });
  end.stop();
  await recording.handle.close();
  expect(told).toEqual([0, 1]);
  expect(recorded.frames).toBe(2);
  expect((await readFile(path)).length).toBe(recorded.bytes);
  await expect(openRecording(path)).rejects.toMatchObject({ code: 'file-exists' });
});
