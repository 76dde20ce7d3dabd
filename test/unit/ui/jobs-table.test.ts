import { expect, test } from 'vitest';
import { drawJobs, nameWidth, type JobsView, type OpenJob } from '../../../src/ui/jobs-table.ts';

const room = { columns: 80, rows: 24, mark: '·', dim: (text: string) => `<${text}>` };

const open: readonly OpenJob[] = [
  { item: 'submissions/alice', state: 'running', sinceMs: 12_900 },
  { item: 'submissions/bob', state: 'starting', sinceMs: 140_000 },
  { item: 'submissions/carol', state: 'waiting', sinceMs: 160_000 },
];
const view: JobsView = { open, items: 10, failed: 1, stopping: false };

test('those that run, those that come, and how far all is', () => {
  expect(drawJobs(view, nameWidth(['submissions/alice'], 80), room)).toEqual([
    '  · submissions/alice  running          12 s',
    '  · submissions/bob    starting   2 min 20 s',
    '<  · submissions/carol  waiting>',
    '7 of 10 done · 2 running · 1 failed · 1 waiting',
  ]);
});

test('after Ctrl-C those that run are waited for', () => {
  expect(drawJobs({ ...view, stopping: true }, 17, room).slice(2)).toEqual([
    '7 of 10 done · 2 running · 1 failed · 1 not begun · they are ended',
  ]);
});

test('never wider or higher than the terminal', () => {
  const many = Array.from({ length: 50 }, (_each, index): OpenJob => ({
    item: `${'a long way down/'.repeat(6)}submission-${index}`,
    state: index < 3 ? 'running' : 'waiting',
    sinceMs: 3_599_000,
  }));
  const names = many.map(({ item }) => item);
  for (const columns of [40, 60, 80]) {
    const plain = { columns, rows: 24, mark: '·', dim: (text: string) => text };
    const all = { ...view, open: many, items: 60 };
    const lines = drawJobs(all, nameWidth(names, columns), plain);
    expect(lines).toHaveLength(11);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
    expect(lines[0]).toMatch(/^ {2}· ….*-0 {2}running .*59 min 59 s$/);
    expect(drawJobs(all, 10, { ...plain, rows: 8 })).toHaveLength(5);
    expect(drawJobs(all, 10, { ...plain, rows: 1 })).toHaveLength(2);
  }
});
