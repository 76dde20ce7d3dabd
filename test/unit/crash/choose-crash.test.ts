import { expect, test } from 'vitest';
import { chooseCrash } from '../../../src/crash/choose-crash.ts';
import type { RepeatedCrash } from '../../../src/crash/crash-report.ts';
import { diagnose } from '../../../src/diagnose/diagnose.ts';

let count = 0;

function crash(
  kind: RepeatedCrash['kind'],
  time: number | undefined,
  name: string | undefined = 'f',
): RepeatedCrash {
  count += 1;
  return {
    ...{ number: count, boot: 1, kind, message: kind, trace: [], ownModules: [], text: '' },
    ...(time === undefined ? {} : { time }),
    ...(name === '' ? {} : { function: name }),
    repeated: 1,
  };
}

const chosen = (...boot: readonly RepeatedCrash[]): string | undefined => chooseCrash(boot)?.kind;

test('the first crash of a boot, not what follows from it, and not a warning', () => {
  expect(chosen()).toBeUndefined();
  expect(chosen(crash('null-dereference', 1), crash('use-after-free', 2))).toBe('null-dereference');
  expect(chosen(crash('warning', 1), crash('null-dereference', 2), crash('panic', 3))).toBe(
    'null-dereference',
  );
  expect(chosen(crash('warning', 1))).toBe('warning');
  expect(chosen(crash('null-dereference', 1), crash('soft-lockup', 30))).toBe('null-dereference');
});

test('of one hang the report that says most', () => {
  expect(chosen(crash('rcu-stall', 60), crash('soft-lockup', 62))).toBe('soft-lockup');
  expect(chosen(crash('rcu-stall', 60), crash('hung-task', 130))).toBe('hung-task');
  expect(chosen(crash('deadlock', 39), crash('rcu-stall', 60), crash('soft-lockup', 62))).toBe(
    'deadlock',
  );
  // Another hang, much later.
  expect(chosen(crash('rcu-stall', 60), crash('soft-lockup', 900))).toBe('rcu-stall');
  // A report that names no place explains nothing.
  expect(chosen(crash('rcu-stall', 60), crash('soft-lockup', 62, ''))).toBe('rcu-stall');
  expect(chosen(crash('rcu-stall', undefined), crash('soft-lockup', undefined))).toBe(
    'soft-lockup',
  );
});

test('a panic for a timer that a busy host was too slow for blames no module', () => {
  const text = "Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug";
  const { why, next } = diagnose({ consoleLines: [text], elapsedMs: 5_000, stage: 'kernel' });
  expect(`${why} ${next}`).toContain('host');
  expect(`${why} ${next}`).not.toMatch(/suspect|grub menu/);
});
