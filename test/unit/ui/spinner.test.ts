import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openSpinner } from '../../../src/ui/spinner.ts';

/** A terminal of `columns`, and what was written to it. */
function terminalOf(columns: number): {
  readonly stream: NodeJS.WriteStream;
  readonly written: () => string;
} {
  const chunks: Buffer[] = [];
  const through = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const stream = Object.assign(through, {
    ...{ isTTY: true, columns, rows: 24 },
    cursorTo: () => through.write('<to>'),
    clearLine: () => through.write('<clear>'),
    moveCursor: () => through.write('<move>'),
  }) as unknown as NodeJS.WriteStream;
  return { stream, written: () => Buffer.concat(chunks).toString() };
}

test('a terminal without a width, or that loses it, is drawn on like one of 80 columns', () => {
  const { stream, written } = terminalOf(0);
  const spinner = openSpinner(stream, { isEnabled: true });
  spinner.start('build');
  spinner.render();
  stream.columns = 40;
  spinner.render();
  stream.columns = 0;
  spinner.render();
  spinner.stop();
  expect(written()).toContain('build');
  expect(written().length).toBeLessThan(2_000);
});
