import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { testImage } from '../support/image.ts';
import { kernelSource } from '../support/kernel-source.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// `utopia test` with a kernel of Debian's source that has KUnit, as docs/modules.md makes it:
// its own suites, and those of the modules in fixtures/kunit. Its objects are needed for modules,
// so it is built each time: five minutes of two processors.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');

vi.setConfig({ testTimeout: 600_000, hookTimeout: 3_600_000 });

let lab: Lab;
let aside: TemporaryFolder;

/** The kernel's objects. */
const out = (): string => join(aside.path, 'out');

async function succeed(...words: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
}

beforeAll(async () => {
  if (!ready) return;
  aside = temporaryFolder();
  lab = await makeLab({ backing: await testImage('lab') });
  const tree = join(aside.path, 'source');
  mkdirSync(tree);
  execFileSync('tar', ['-xf', kernelSource('bookworm'), '-C', tree, '--strip-components=1']);
  const options = ['--with', 'kunit,gcov', '--set', 'GCOV_PROFILE_ALL=n'];
  await succeed('kernel', 'config', tree, '--base', 'tiny', ...options, '-o', out());
  await succeed('kernel', 'build', tree, '-o', out(), '--name', 'kunit');
  await succeed('image', 'warm', '--kernel', 'kunit');
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  aside?.[Symbol.dispose]();
});

interface Report {
  readonly coverage: { readonly files: readonly { readonly ran: number }[] } | null;
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly suites: readonly {
    readonly name: string;
    readonly tests: readonly {
      readonly name: string;
      readonly outcome: string;
      readonly message: string;
      readonly crash: string | null;
    }[];
  }[];
}

async function testJson(
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly report: Report }> {
  const line = ['test', '--json', '--kernel', 'kunit', ...words];
  const { status, stdout, stderr } = await lab.run(...line);
  expect(stdout, stderr).not.toBe('');
  return { status, report: JSON.parse(stdout) as Report };
}

/** A folder with a copy of one of fixtures/kunit, at a path that make takes. */
function place(name: string): string {
  const folder = join(aside.path, name);
  cpSync(join(import.meta.dirname, '../../fixtures/kunit', name), folder, { recursive: true });
  return folder;
}

test('the suites of a module: each test with its outcome and what it said', async () => {
  const { status, report } = await testJson(place('mixed'));
  expect(status).toBe(1);
  expect(report).toMatchObject({ outcome: 'failed', reasons: [] });
  const outline = report.suites.map(({ name, tests }) => [
    name,
    ...tests.map((each) => `${each.name} ${each.outcome}`),
  ]);
  expect(outline).toEqual([
    ['sums', 'sums_right passed', 'sums_wrong failed', 'sums_elsewhere skipped'],
    ['squares / squares_small', 'square 1 passed', 'square 4 passed', 'square 9 passed'],
  ]);
  expect(report.suites[0]?.tests[1]?.message).toContain('Expected sum == 5');
  expect(report.suites[0]?.tests[2]?.message).toBe('only on other machines');
});

test('a crash stands with the test that was running, by its name', async () => {
  const { status, report } = await testJson(place('crashed'));
  expect([status, report.outcome]).toEqual([70, 'crashed']);
  expect(report.suites).toMatchObject([
    {
      name: 'reads',
      tests: [
        { name: 'reads_fine', outcome: 'passed', crash: null },
        {
          ...{ name: 'reads_nothing', outcome: 'crashed' },
          crash: expect.stringContaining('NULL pointer'),
        },
        { name: 'test 3', outcome: 'not-run', crash: null },
      ],
    },
  ]);
});

test('which lines of a module ran', async () => {
  const covered = join(aside.path, 'covered');
  const { report } = await testJson(place('mixed'), '--coverage', covered);
  const [file] = report.coverage?.files ?? [];
  expect(report.coverage?.files).toHaveLength(1);
  expect(file).toMatchObject({ file: 'mixed_test.c' });
  expect(file?.ran).toBeGreaterThan(5);
  expect(readFileSync(join(covered, 'lcov.info'), 'utf8')).toMatch(/^DA:\d+,[1-9]/m);
});

test('kselftests of the source, where the kernel was built', async () => {
  const { status, report } = await testJson(out(), '--kselftest', 'size', '--kselftest', 'kcmp');
  expect([status, report.outcome], report.reasons.join('\n')).toEqual([0, 'passed']);
  expect(report.suites).toMatchObject([
    { tests: [{ name: 'selftests: kcmp: kcmp_test', outcome: 'passed' }] },
    {
      name: 'selftests: size: get_size',
      tests: [{ name: 'get runtime memory use', outcome: 'passed' }],
    },
  ]);
  const unknown = await lab.run('test', out(), '--kselftest', 'no-such-test');
  expect(unknown).toMatchObject({ status: 65, stderr: expect.stringContaining('no-such-test') });
});

test('the suites of the kernel itself, as modules', async () => {
  const { status, report } = await testJson('--kunit');
  expect([status, report.outcome], report.reasons.join('\n')).toEqual([0, 'passed']);
  const names = report.suites.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['list-kunit-test', 'sysctl_test']));
  expect(report.suites.flatMap(({ tests }) => tests).length).toBeGreaterThan(40);
});
