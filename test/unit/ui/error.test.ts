import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { UtopiaError } from '../../../src/errors.ts';
import { printError } from '../../../src/ui/error.ts';
import { openProgress } from '../../../src/ui/progress.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

/** A terminal that is a pipe; `text()` gives what was written to stderr. */
function pipedTerminal(env: Record<string, string> = { LANG: 'C.UTF-8' }) {
  const stderr = new PassThrough();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const terminal = openTerminal(streams as unknown as NodeJS.Process, env);
  return { terminal, text: () => String(stderr.read() ?? '') };
}

describe('an error', () => {
  test('says what happened, shows evidence, and gives one next step', () => {
    const { terminal, text } = pipedTerminal();
    const details = ['By  sshd, pid 12'];
    printError(
      terminal,
      new UtopiaError('port-busy', 'Port 1 is taken.', { details, hint: 'a\nb' }),
      false,
    );
    expect(text()).toBe('✗ Port 1 is taken.\n  By  sshd, pid 12\n  Do  a\n      b\n');
  });

  test('fits 80 columns', () => {
    const { terminal, text } = pipedTerminal();
    const long = 'word '.repeat(60).trim();
    printError(
      terminal,
      new UtopiaError('usage', long, { details: [`Why  ${long}`], hint: long }),
      false,
    );
    const lines = text().split('\n');
    expect(lines.length).toBeGreaterThan(9);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('anything else is called a bug, with its stack', () => {
    const { terminal, text } = pipedTerminal();
    printError(terminal, new TypeError('x is undefined'), false);
    expect(text()).toMatch(/utopia has a bug: x is undefined[\s\S]*at .*error\.test\.ts/);
  });
});

describe('progress without a terminal', () => {
  test('is one plain line a stage, long ones folded', async () => {
    const { terminal, text } = pipedTerminal();
    const display = await openProgress(terminal);
    const { report } = display;
    report({ kind: 'started', title: 'kernel' });
    report({ kind: 'moved', title: 'kernel', fraction: 0.5 });
    report({ kind: 'finished', title: 'kernel', detail: 'Linux 6.1', elapsedMs: 3900 });
    report({ kind: 'warned', title: 'speed', detail: 'w '.repeat(50).trim() });
    display.close();
    const [first, second, third] = text().split('\n');
    expect(first).toBe('  ✓ kernel      Linux 6.1, 3.9 s');
    expect(second).toMatch(/^ {2}! speed {7}w/);
    expect(third).toMatch(/^ {16}w/);
  });

  test('is silent when that is wanted', async () => {
    const { terminal, text } = pipedTerminal();
    const { report } = await openProgress(terminal, { quiet: true });
    report({ kind: 'finished', title: 'kernel' });
    expect(text()).toBe('');
  });
});

test('marks are plain where the locale cannot show them', () => {
  const { terminal, text } = pipedTerminal({ LANG: 'C' });
  printError(terminal, new UtopiaError('usage', 'No.'), false);
  expect(text()).toBe('x No.\n');
});
