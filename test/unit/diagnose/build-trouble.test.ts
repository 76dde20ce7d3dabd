import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainBuild } from '../../../src/diagnose/build-trouble.ts';

/** What make and GCC 12 said of modules that were built against the headers of Debian's 6.1 and 6.12. */
function logOf(name: string): string {
  return readFileSync(
    join(import.meta.dirname, `../../../fixtures/build-logs/${name}.txt`),
    'utf8',
  );
}

describe('a module for another kernel', () => {
  test.each([
    ['sprintf-on-6.1', '6.6'],
    ['ldisc_new-on-6.1', '6.6'],
    ['class_new-on-6.1', '6.4'],
    ['remove_new-on-6.1', '6.11'],
    ['devnode_new-on-6.1', '6.2'],
    ['vm_flags_new-on-6.1', '6.3'],
    ['unaligned_new-on-6.1', '6.12'],
  ])('%s: it wants %s', (name, release) => {
    const { what, next } = explainBuild(logOf(name)) ?? {};
    expect(what).toContain(
      `This module is written for Linux ${release} or newer, and this guest has 6.1: since then `,
    );
    expect(next).toBe('utopia image build --suite trixie');
  });

  test.each([
    ['access_ok-on-6.1', '5.0', '6.1'],
    ['access_ok-on-6.12', '5.0', '6.12'],
    ['class_old-on-6.12', '6.4', '6.12'],
    ['devnode_old-on-6.12', '6.4', '6.12'],
    ['ldisc_old-on-6.12', '6.6', '6.12'],
    ['no_llseek-on-6.12', '6.12', '6.12'],
    ['proc_ops-on-6.1', '5.6', '6.1'],
    ['remove_old-on-6.12', '6.11', '6.12'],
    ['strlcpy-on-6.12', '6.8', '6.12'],
    ['sysctl_old-on-6.12', '6.5', '6.12'],
    ['unaligned_old-on-6.12', '6.12', '6.12'],
    ['vm_flags_old-on-6.12', '6.3', '6.12'],
  ])('%s: it is older than %s', (name, release, kernel) => {
    const { what, next } = explainBuild(logOf(name)) ?? {};
    expect(what).toContain(`for a Linux before ${release}, and this guest has ${kernel}: since`);
    const older = !release.startsWith('5');
    expect(next).toBe(
      `Change the module${older ? ', or: utopia image build --suite bookworm' : ''}`,
    );
  });

  test('a kernel that is as the module wants it is no reason', () => {
    const log = logOf('sprintf-on-6.1').replaceAll('6.1.0-56', '6.12.117');
    expect(explainBuild(log)).toBeUndefined();
  });
});

describe('what is beside it', () => {
  test.each([
    [
      'make[1]: *** /lib/modules/6.1.0-56-amd64/build: No such file or directory.  Stop.',
      'apt-get install linux-headers-6.1.0-56-amd64',
    ],
    ['sh: 1: make: not found', 'utopia image build'],
    [
      "null: version magic '6.12.1 SMP mod_unload ' should be '6.1.0-56-amd64 SMP '",
      'make clean; make',
    ],
    [
      'insmod: ERROR: could not insert module null.ko: Invalid module format',
      'modinfo -F vermagic null.ko',
    ],
    [
      'ERROR: modpost: "kallsyms_lookup_name" [/x/null.ko] undefined!',
      'grep -w kallsyms_lookup_name',
    ],
    ['insmod: ERROR: could not insert module null.ko: Unknown symbol in module', 'dmesg | tail'],
    ['insmod: ERROR: could not insert module null.ko: File exists', 'rmmod null.ko'],
    ['make: warning:  Clock skew detected.  Your build may be incomplete.', 'date -s'],
  ])('%s', (line, next) => {
    expect(explainBuild(`before\n${line}\nafter\n`)?.next).toContain(next);
  });

  test.each(['', 'FAIL: 3 of 4 tests', "main.c:1:2: error: expected ';' before '}' token"])(
    'nothing is said of %j',
    (line) => {
      expect(explainBuild(line)).toBeUndefined();
    },
  );

  test('a long output is read in a moment, whatever is in it', () => {
    for (const piece of ["error: initialization of '", "'", '/lib/modules/', 'x', '\n', '‘’']) {
      expect(explainBuild(piece.repeat(400_000)), piece).toBeUndefined();
    }
  });
});
