import { expect, test } from 'vitest';
import { showFetch } from '../../../../src/image/fetch/fetch-progress.ts';
import type { ProgressEvent } from '../../../../src/progress-events.ts';
import { formatDuration } from '../../../../src/text/format.ts';

test('a download shows how much there is, with a bar where its size is known', () => {
  const shown: ProgressEvent[] = [];
  const show = showFetch({ report: (event) => void shown.push(event) });
  show({ kind: 'opened', offset: 500, totalBytes: 1000 });
  show({ kind: 'received', bytes: 750, totalBytes: undefined });
  show({ kind: 'received', bytes: 0, totalBytes: 0 });
  show({ kind: 'waiting', reason: 'it is slow', ms: 2000 });
  expect(shown).toEqual([
    { kind: 'moved', title: 'download', detail: 'of 1.0 kB', fraction: 0.5 },
    { kind: 'moved', title: 'download', detail: '750 B' },
    { kind: 'moved', title: 'download', detail: 'of 0 B' },
    { kind: 'note', text: `it is slow; trying again in ${formatDuration(2000)}` },
  ]);
});
