import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findCrashMoments } from '../../../../src/lifecycle/crash/crash-moments.ts';

const logs = join(import.meta.dirname, '../../../../fixtures/logs/crashes');

function readLog(name: string): string {
  return readFileSync(join(logs, `${name}.txt`), 'utf8');
}

/** The moments of a console that comes line by line, with how many lines had come. */
function momentsIn(text: string, mostOfBoot = 4) {
  const moments = findCrashMoments(mostOfBoot);
  const lines = text.split('\n');
  return lines.flatMap((line, index) =>
    moments.read(Buffer.from(`${line}\n`)).map((crash) => ({
      ...{ kind: crash.kind, function: crash.function, line: index },
    })),
  );
}

const nullRead = readLog('debian-null-read');

describe('the moment of a crash', () => {
  test('is when the report has told where it was, long before its end', () => {
    const [moment, ...others] = momentsIn(nullRead);
    expect(moment).toMatchObject({ kind: 'null-dereference', function: 'null_read_value' });
    const lines = nullRead.split('\n');
    expect(lines[moment?.line ?? 0]).toMatch(/RIP: 0010:null_read_value/);
    expect(lines.findIndex((line) => line.includes('end trace'))).toBeGreaterThan(
      moment?.line ?? 0,
    );
    expect(others).toEqual([]);
  });

  test('comes once for each kind and place of a boot, and so many times in all', () => {
    const stormy = nullRead.repeat(20);
    expect(momentsIn(stormy).length).toBe(1);
    const differing = Array.from({ length: 20 }, (_none, index) =>
      nullRead.replaceAll('null_read_value', `null_read_value_${index}`),
    ).join('\n');
    expect(momentsIn(differing, 4).length).toBe(4);
  });

  test('comes anew in another boot', () => {
    const boot = '[    0.000000] Linux version 6.1.0-56-amd64 (gcc) #1 SMP Debian\n';
    expect(momentsIn(`${boot}${nullRead}\n${boot}${nullRead}`).length).toBe(2);
  });

  test('is one for an oops and the panic that follows from it', () => {
    const moments = findCrashMoments(4);
    expect(moments.read(Buffer.from(readLog('debian-panic-on-oops')))).toHaveLength(1);
    expect(moments.panicked()).toBeUndefined();
  });

  test('is told by the panic device, where the console is silent, once', () => {
    const moments = findCrashMoments(4);
    expect(moments.panicked()).toMatchObject({ kind: 'panic' });
    expect(moments.panicked()).toBeUndefined();
    // What the console tells of afterwards is that.
    expect(moments.read(Buffer.from(nullRead))).toEqual([]);
    moments.rebooted();
    expect(moments.panicked()).toMatchObject({ kind: 'panic' });
  });

  test.each([
    'debian-soft-lockup',
    'debian-rcu-stall',
    'debian-hung-task',
    'debian-warn',
    'debian-atomic-sleep',
    'near-words',
    'near-debug-words',
  ])('is in no stall, warning or word of somebody’s: %s', (name) => {
    expect(momentsIn(readLog(name))).toEqual([]);
  });

  test('is known with all that was told since, when its report has ended', () => {
    const moments = findCrashMoments(4);
    const at = nullRead.indexOf('\n', nullRead.indexOf('RIP: 0010:null_read_value')) + 1;
    const head = nullRead.slice(0, at);
    const [crash] = moments.read(Buffer.from(head));
    expect(crash?.trace.length).toBeLessThan(3);
    expect(moments.known(crash?.number ?? 0)?.over).toBe(false);
    moments.read(Buffer.from(`${nullRead.slice(at)}\n`));
    const known = moments.known(crash?.number ?? 0);
    expect(known?.crash.trace.length).toBeGreaterThan(3);
    expect(known?.over).toBe(true);
  });
});
