import { expect, test } from 'vitest';
import type { RepeatedCrash } from '../../../../src/crash/crash-report.ts';
import type { LifecycleContext } from '../../../../src/lifecycle/lifecycle-context.ts';
import { chooseCrashes } from '../../../../src/lifecycle/watch/choose-crashes.ts';
import type { ReadLog } from '../../../../src/lifecycle/watch/read-crash-logs.ts';

const crash = (number: number, boot: number): RepeatedCrash => ({
  ...{ number, boot, kind: 'oops', message: `crash ${number}` },
  ...{ trace: [], ownModules: [], text: '', repeated: 1 },
});
const crashes = [crash(1, 1), crash(2, 2), crash(3, 2)];
const log: ReadLog = {
  ...{ file: '/lab/console.log', bytes: 1, crashes, omitted: 0 },
  ...{ remarks: {}, startsAgo: 0, boot: 3 },
};

const choose = async (read: ReadLog, latest?: number): Promise<readonly (readonly number[])[]> => {
  // A saved log asks no machine.
  const found = await chooseCrashes({} as LifecycleContext, read, undefined, latest);
  return [found.ofBoot, found.wanted].map((some) => some.map(({ number }) => number));
};

test('of a saved log, the boot is the last one in which something crashed', async () => {
  expect(await choose(log)).toEqual([[2, 3], [2]]);
});

test('the latest ones are wanted whichever boot they are of', async () => {
  expect(await choose(log, 2)).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(await choose(log, 200)).toEqual([
    [2, 3],
    [1, 2, 3],
  ]);
});

test('an earlier start, or a log without a crash, explains nothing', async () => {
  expect(await choose({ ...log, startsAgo: 1 })).toEqual([[], []]);
  expect(await choose({ ...log, crashes: [] })).toEqual([[], []]);
});
