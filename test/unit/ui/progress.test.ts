import { expect, test } from 'vitest';
import { openProgress } from '../../../src/ui/progress.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

test('without a terminal: a line when a stage ends, wrapped below its own text', async () => {
  const lines: string[] = [];
  const terminal = openTerminal(process, { LANG: 'C', NO_COLOR: '1' });
  const { report } = await openProgress({
    ...terminal,
    animated: false,
    columns: 80,
    err: (line = '') => void lines.push(line),
  });
  report({ kind: 'moved', title: 'jobs', fraction: 0.5 });
  report({ kind: 'finished', title: 'image', detail: 'a.raw', elapsedMs: 1200 });
  const detail = "The guest's kernel crashed: kernel panic: sysrq triggered crash, 3.7 s";
  report({ kind: 'failed', title: 'submissions/s05', detail });
  const text =
    'Each copy booted. From a warm base it starts in seconds: utopia image warm, which is enough once';
  report({ kind: 'note', text });
  expect(lines).toEqual([
    '  ok image       a.raw, 1.2 s',
    "  x submissions/s05 The guest's kernel crashed: kernel panic: sysrq triggered",
    '                    crash, 3.7 s',
    '  Each copy booted. From a warm base it starts in seconds: utopia image warm,',
    '  which is enough once',
  ]);
});
