import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findLeash } from '../../../src/machine/leash.ts';
import { workingPrefix } from '../../../src/machine/prefix.ts';
import {
  identifyProcess,
  isAlive,
  processArguments,
  waitForExit,
} from '../../../src/machine/process.ts';

test('what is on a leash ends with its parent, killed or not, and is one process all along', async () => {
  const leash = await findLeash();
  expect(leash).toContain('--pdeathsig');
  const script = `const { spawn } = require('node:child_process');
const [program, ...words] = ${JSON.stringify([...leash, 'sleep', '60'])};
const child = spawn(program, words, { stdio: 'ignore', detached: true });
child.once('spawn', () => console.log(child.pid));`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const sleeper = await identifyProcess(Number(chunk.toString()));
  if (sleeper === undefined) throw new Error('the child is gone already');
  // Before that it is setpriv, which may not have asked yet.
  while ((await processArguments(sleeper.pid))[0] !== 'sleep') await sleep(5);
  expect(await isAlive(sleeper)).toBe(true);
  parent.kill('SIGKILL');
  expect(await waitForExit(sleeper, { timeoutMs: 10_000 })).toBe(true);
});

test('words before a command are only those that work', async () => {
  expect(await workingPrefix(['nice', '-n', '19'])).toEqual(['nice', '-n', '19']);
  expect(await workingPrefix(['no-such-program'])).toEqual([]);
  expect(await workingPrefix(['sh', '-c', 'exit 1'])).toEqual([]);
});
