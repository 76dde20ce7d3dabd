import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findLowPriority, makeInChild } from '../../../../src/lifecycle/saved/warm-child.ts';
import { identifyProcess, waitForExit } from '../../../../src/system/process.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Plays a maker: a shell script instead of `utopia image warm`. */
async function play(
  script: string,
  low: readonly string[] = [],
  signal = new AbortController().signal,
): ReturnType<typeof makeInChild> {
  const env = { PATH: process.env['PATH'] };
  return await makeInChild({ command: ['sh', '-c', script], cwd: '/', env }, low, signal);
}

/** Waits for a file of one line. */
async function lineOf(path: string): Promise<string> {
  for (;;) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (text.endsWith('\n')) return text.trim();
    await sleep(5);
  }
}

test.each([
  ['made', `echo '{"schema":1,"made":true,"bytes":5}'`, { kind: 'made', bytes: 5 }],
  ['there already', `echo '{"schema":1,"made":false,"bytes":5}'`, { kind: 'there' }],
  ['another one makes it', 'exit 75', { kind: 'busy' }],
  [
    'a guest that refuses',
    'echo "x The agent cannot run in this guest." >&2; echo "  Do  this" >&2; exit 69',
    { kind: 'failed', status: 69, why: 'The agent cannot run in this guest.' },
  ],
  ['killed', 'kill -9 $$', { kind: 'failed', status: undefined, why: 'It ended without a word.' }],
  ['words that are none', 'echo nonsense', { kind: 'failed', status: undefined }],
])('%s', async (_what, script, end) => {
  expect(await play(script)).toMatchObject(end);
});

test('a program that cannot be started is a failure, not an error', async () => {
  const child = { command: ['no-such-program'], cwd: '/', env: {} };
  expect(await makeInChild(child, [], new AbortController().signal)).toMatchObject({
    kind: 'failed',
    status: undefined,
  });
});

test('it runs at the lowest priority, in a session of its own', async () => {
  const low = await findLowPriority();
  expect(low).toContain('--pdeathsig');
  using folder = temporaryFolder();
  const file = join(folder.path, 'seen');
  // Fields 6 and 19 of /proc/PID/stat: session and niceness (proc(5)).
  const script = `read -r stat </proc/$$/stat; echo "$$ $stat" >'${file}'; exit 75`;
  await play(script, low);
  const [pid, ...stat] = (await lineOf(file)).split(' ');
  expect(stat[5]).toBe(pid);
  expect(stat[18]).toBe('19');
});

test('given up, it is asked to end once, and waited for', async () => {
  using folder = temporaryFolder();
  const [file, tidied] = [join(folder.path, 'begun'), join(folder.path, 'tidied')];
  const giveUp = new AbortController();
  const script = `trap 'echo TERM >>"${tidied}"; sleep 0.2; echo end >>"${tidied}"; exit 130' TERM
echo begun >'${file}'; while :; do sleep 0.02; done`;
  const end = play(script, await findLowPriority(), giveUp.signal);
  await lineOf(file);
  giveUp.abort();
  expect(await end).toEqual({ kind: 'ended' });
  expect(readFileSync(tidied, 'utf8')).toBe('TERM\nend\n');
  expect(await play('exit 0', [], giveUp.signal)).toEqual({ kind: 'ended' });
});

test('it ends, tidily, with an up that is killed', async () => {
  using folder = temporaryFolder();
  const [file, tidied] = [join(folder.path, 'pid'), join(folder.path, 'tidied')];
  const maker = `trap 'echo TERM >"${tidied}"; exit 130' TERM
echo $$ >'${file}'; while :; do sleep 0.02; done`;
  const words = [...((await findLowPriority()) ?? []), 'sh', '-c', maker];
  writeFileSync(
    join(folder.path, 'up.cjs'),
    `const [program, ...words] = ${JSON.stringify(words)};
require('node:child_process').spawn(program, words, { detached: true, stdio: 'ignore' });
setInterval(() => {}, 1000);`,
  );
  const up = spawn(process.execPath, [join(folder.path, 'up.cjs')], { stdio: 'ignore' });
  await once(up, 'spawn');
  const child = await identifyProcess(Number(await lineOf(file)));
  if (child === undefined) throw new Error('the child is gone already');
  up.kill('SIGKILL');
  expect(await waitForExit(child, { timeoutMs: 10_000 })).toBe(true);
  expect(await lineOf(tidied)).toBe('TERM');
});
