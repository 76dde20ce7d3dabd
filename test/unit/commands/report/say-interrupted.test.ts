import { expect, test } from 'vitest';
import { sayInterrupted } from '../../../../src/commands/report/say-interrupted.ts';
import type { ProgressEvent } from '../../../../src/progress-events.ts';

test('Ctrl-C is acknowledged at once, and not behind the end', () => {
  const said: ProgressEvent[] = [];
  const display = { report: (event: ProgressEvent) => void said.push(event), close: () => {} };
  const [during, behind] = [new AbortController(), new AbortController()];
  sayInterrupted(during.signal, display, 'the guest goes on');
  during.abort();
  expect(said).toEqual([{ kind: 'note', text: 'the guest goes on' }]);
  sayInterrupted(behind.signal, display, 'the guest goes on')();
  behind.abort();
  expect(said).toHaveLength(1);
});
