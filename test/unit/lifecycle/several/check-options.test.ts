import { expect, test } from 'vitest';
import { checkCommand, checkOptions } from '../../../../src/lifecycle/several/check-options.ts';
import type { RunOptions } from '../../../../src/lifecycle/several/run-options.ts';

const single: RunOptions = {
  ...{ words: ['true'], timeoutMs: undefined, use: 'read', copyOut: [], maxCopyOutBytes: 1 },
  ...{ keep: undefined, junit: undefined, each: [], with: [], shareFolder: false },
  ...{ commands: undefined, maxOutputBytes: 1, results: undefined, resume: false },
  ...{ logs: undefined, maxLogBytes: 1, jobs: undefined, yes: false, network: false },
  ...{ from: undefined, cold: false, fed: false, watchesCrashes: false, kernels: [] },
  ...{ bisect: undefined, flags: {} },
};

test('there is one command, or a file of them', () => {
  expect(() => checkCommand(single)).not.toThrow();
  expect(() => checkCommand({ ...single, words: [], commands: 'list' })).not.toThrow();
  expect(() => checkCommand({ ...single, words: [] })).toThrow('There is no command to run.');
  expect(() => checkCommand({ ...single, commands: 'list' })).toThrow('beside those of --commands');
});

test.each<[string, Partial<RunOptions>]>([
  ['--results is for several runs', { results: 'out' }],
  ['--logs is for several runs', { logs: 'out' }],
  ['--resume is for several runs', { resume: true }],
  ['--results, which is missing', { each: ['a'], resume: true }],
  ['every copy could write to in/out', { commands: 'list', use: 'write', results: 'in/out' }],
  ['Several kernels do not go with --each', { kernels: ['1', '2'], each: ['a'] }],
  ['nothing of this folder to write to', { each: ['a'], use: 'write' }],
  ['also without --with', { with: ['lib'] }],
  [
    'paused at a crash is for a single run',
    { each: ['a'], watchesCrashes: true, flags: { UTOPIA_ON_CRASH: 'pause' } },
  ],
])('%s: refused', async (message, options) => {
  await expect(checkOptions('/lab', { ...single, ...options })).rejects.toThrow(message);
});

test.each<Partial<RunOptions>>([
  {},
  { each: ['a'], results: 'out', logs: 'out', resume: true },
  { each: ['a'], with: ['lib'] },
  { commands: 'list', use: 'write', results: '../out' },
  { kernels: ['1', '2'] },
])('%j goes together', async (options) => {
  await expect(checkOptions('/lab', { ...single, ...options })).resolves.toBeUndefined();
});
