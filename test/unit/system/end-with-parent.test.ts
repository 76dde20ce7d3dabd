import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endWithParentPrefix } from '../../../src/system/end-with-parent.ts';
import { workingCommandPrefix } from '../../../src/system/command-prefix.ts';
import {
  identifyProcess,
  isAlive,
  processArguments,
  waitForExit,
} from '../../../src/system/process.ts';

test('a command behind the prefix ends with its parent, killed or not, and is one process all along', async () => {
  const prefix = await endWithParentPrefix();
  expect(prefix).toContain('--pdeathsig');
  const script = `const { spawn } = require('node:child_process');
const [program, ...words] = ${JSON.stringify([...prefix, 'sleep', '60'])};
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
  expect(await workingCommandPrefix(['nice', '-n', '19'])).toEqual(['nice', '-n', '19']);
  expect(await workingCommandPrefix(['no-such-program'])).toEqual([]);
  expect(await workingCommandPrefix(['sh', '-c', 'exit 1'])).toEqual([]);
});
