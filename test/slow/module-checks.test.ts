import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkingKernel } from '../support/checking-kernel.ts';
import { suiteImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// What a kernel with kmemleak and lockdep says of modules that Debian's own lets pass, and gcov's
// counts of Linux 6.12. module-test has the verdicts that need no such kernel.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');

vi.setConfig({ testTimeout: 600_000, hookTimeout: 3_600_000 });

const checks = join(import.meta.dirname, '../../fixtures/module-checks');

let lab: Lab;
let aside: TemporaryFolder;

beforeAll(async () => {
  if (!ready) return;
  aside = temporaryFolder();
  lab = await makeLab({ backing: await suiteImage('trixie', 'lab') });
  await checkingKernel(lab, 'checking');
  const made = await lab.run('image', 'warm', '--kernel', 'checking');
  expect(made.status, made.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  aside?.[Symbol.dispose]();
});

interface Report {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly hints: readonly string[];
  readonly crashes: readonly { readonly kind: string }[];
  readonly coverage: {
    readonly files: readonly { readonly file: string; readonly ran: number }[];
  } | null;
}

/** A copy of one of fixtures/module-checks, at a path that make takes. */
async function tryModule(
  name: string,
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly report: Report }> {
  const folder = join(aside.path, name);
  cpSync(join(checks, name), folder, { recursive: true });
  const line = ['module', 'test', '--json', '--kernel', 'checking', folder, ...words];
  const { status, stdout, stderr } = await lab.run(...line);
  expect(stdout, stderr).not.toBe('');
  return { status, report: JSON.parse(stdout) as Report };
}

/** The first reason, and the kinds of what the kernel reported. */
const expected: Readonly<Record<string, readonly [RegExp, readonly string[]]>> = {
  'leaked-memory': [/^kmemleak found memory .*: (?:1[0-6]|[1-9]) pieces?\.$/, ['memory-leak']],
  'leaked-open': [/^kmemleak found memory .*: [1-8] pieces?\.$/, ['memory-leak']],
  'warned-order': [/^The kernel complains: .*warned_order_write/, ['deadlock']],
  'warned-timer': [/^The kernel complains: .*warned_timer/, ['deadlock']],
};

test.each(Object.keys(expected))('%s', async (name) => {
  const [reason, kinds] = expected[name] ?? [/^$/, []];
  const { status, report } = await tryModule(name);
  expect([report.verdict, report.reasons]).toEqual([
    name.split('-')[0],
    [expect.stringMatching(reason)],
  ]);
  expect(report.crashes.map(({ kind }) => kind)).toEqual(kinds);
  expect(status).toBe(1);
});

test('a good one gets neither, and its lines are counted', async () => {
  const covered = join(aside.path, 'covered');
  const { status, report } = await tryModule('passed-tidy', '--coverage', covered);
  expect(report).toMatchObject({ verdict: 'passed', reasons: [], hints: [], crashes: [] });
  expect(status).toBe(0);
  expect(report.coverage?.files).toEqual([expect.objectContaining({ file: 'passed_tidy.c' })]);
  expect(report.coverage?.files[0]?.ran).toBeGreaterThan(10);
  expect(readFileSync(join(covered, 'lcov.info'), 'utf8')).toMatch(/^DA:\d+,8$/m);
});

test('every fixture is tried', () => {
  expect(readdirSync(checks).toSorted()).toEqual(
    [...Object.keys(expected), 'passed-tidy'].toSorted(),
  );
});
