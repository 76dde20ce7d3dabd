import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Config } from '../../../../src/config/machine-config.ts';
import { requireKeptCrash } from '../../../../src/crash/find-kept-crash.ts';
import type { LocatedMachine } from '../../../../src/lifecycle/launch/locate.ts';
import { removeCrashes } from '../../../../src/lifecycle/crash/remove-crashes.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts';

const note = {
  ...{ schema: 1, at: '2026-11-30T02:39:49.084Z', kind: 'null-dereference' },
  ...{ message: 'BUG: x', removed: [], missing: [] },
};

/** A machine with two kept crashes, and a third whose record is damaged. */
function keepThree({ path }: TemporaryFolder): Pick<LocatedMachine, 'config' | 'paths'> {
  const crashesDir = join(path, 'crashes');
  for (const [at, text] of [JSON.stringify(note), JSON.stringify(note), '{'].entries()) {
    const folder = join(crashesDir, String(at + 1));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'crash.json'), text);
  }
  const paths = { crashesDir, lockFile: join(path, 'lock') } as LocatedMachine['paths'];
  return { paths, config: { privateFile: join(path, 'private.qcow2') } as Config };
}

const { signal } = new AbortController();

test('the newest that can be read is meant without a number, and an unknown one is an error', async () => {
  using folder = temporaryFolder();
  const { paths } = keepThree(folder);
  expect(await requireKeptCrash(paths, undefined)).toMatchObject({ number: 2 });
  expect(await requireKeptCrash(paths, 1)).toMatchObject({ number: 1 });
  for (const [number, message] of [
    [3, 'cannot be read'],
    [4, 'no kept crash 4'],
  ] as const) {
    await expect(requireKeptCrash(paths, number)).rejects.toMatchObject({
      code: 'crash-unknown',
      message: expect.stringContaining(message) as string,
    });
  }
});

test('crashes are removed by number or all, the damaged ones too, and nothing beside an unknown one', async () => {
  using folder = temporaryFolder();
  const machine = keepThree(folder);
  const remove = async (wanted: readonly number[] | 'all') =>
    await removeCrashes({ signal }, machine, wanted);
  await expect(remove([])).rejects.toMatchObject({ code: 'usage' });
  await expect(remove([1, 9])).rejects.toMatchObject({ code: 'crash-unknown' });
  expect(existsSync(join(machine.paths.crashesDir, '1'))).toBe(true);
  expect(await remove([3, 1, 3])).toEqual({ removed: [3, 1], bytes: 0 });
  expect(await remove('all')).toEqual({ removed: [2], bytes: 0 });
  expect(await remove('all')).toEqual({ removed: [], bytes: 0 });
});
