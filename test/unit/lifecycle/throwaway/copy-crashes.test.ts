import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepConsole } from '../../../../src/lifecycle/throwaway/copy-crashes.ts';
import type { LifecycleContext } from '../../../../src/lifecycle/lifecycle-context.ts';
import { plainContext } from '../../../support/lifecycle-context.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const now = (): Date => new Date('2026-11-28T12:00:00Z');

function contextIn(folder: string): LifecycleContext {
  return { ...plainContext(folder, { HOME: folder, XDG_STATE_HOME: folder }), now };
}

async function keep(folder: string, name: string): Promise<string> {
  const log = join(folder, name);
  writeFileSync(log, name);
  return await keepConsole(contextIn(folder), log);
}

test('copies that crash in the same second have a log each', async () => {
  using folder = temporaryFolder();
  const names = Array.from({ length: 5 }, (_each, index) => `console-${index}`);
  const files = await Promise.all(names.map(async (name) => await keep(folder.path, name)));
  expect(new Set(files).size).toBe(5);
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(names);
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.kept'))).toEqual([]);
});

test('the latest twenty stay, also when many are kept at once', async () => {
  using folder = temporaryFolder();
  const names = Array.from({ length: 30 }, (_each, index) => `console-${index}`);
  await Promise.all(names.map(async (name) => await keep(folder.path, name)));
  expect(readdirSync(join(folder.path, 'utopia/crashed-runs'))).toHaveLength(20);
});
