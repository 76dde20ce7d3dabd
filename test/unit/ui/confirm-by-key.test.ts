import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { confirmByKey } from '../../../src/ui/ask.ts';
import { openTerminal, type Terminal } from '../../../src/ui/terminal.ts';

/** A terminal whose reader has typed `keys`; `raw` notes how the keyboard was left. */
function terminalWith(keys: string): { terminal: Terminal; raw: boolean[] } {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: (on: boolean) => void raw.push(on),
  }) as unknown as NodeJS.ReadStream;
  const out = new PassThrough() as unknown as NodeJS.WriteStream;
  stdin.push(keys);
  return { terminal: openTerminal({ stdin, stdout: out, stderr: out }, {}), raw };
}

it.each([
  ['y', true],
  ['Y', true],
  ['\r', true],
  ['n', false],
  ['q', false],
  ['\u001B', false],
])('%j means %s', async (key, answer) => {
  const { terminal, raw } = terminalWith(key);
  expect(await confirmByKey(terminal, 'Now?', new AbortController().signal)).toBe(answer);
  expect(raw).toEqual([true, false]);
});

it('Ctrl-C and a signal are no answer, and leave the keyboard as it was', async () => {
  const typed = terminalWith('\u0003');
  await expect(
    confirmByKey(typed.terminal, 'Now?', new AbortController().signal),
  ).rejects.toMatchObject({ code: 'interrupted' });
  const waiting = terminalWith('');
  await expect(
    confirmByKey(waiting.terminal, 'Now?', AbortSignal.timeout(20)),
  ).rejects.toMatchObject({ code: 'interrupted' });
  expect([typed.raw, waiting.raw]).toEqual([
    [true, false],
    [true, false],
  ]);
});
