import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labWithGuest, remainsOfCopies } from '../support/guest-lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// `utopia test` as it is typed. QEMU is a stand-in, and ssh is one too.
needsOfHost('qemu', 'ssh');

const mixed = `cat <<'END'
TAP version 13
1..3
ok 1 one
# two: says why
not ok 2 two
ok 3 three # SKIP no camera
END`;

describe('a command that prints KTAP', () => {
  test('a tree, JUnit, and status 1 for a test that failed', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, mixed);
    const { status, stdout } = await lab.run('test', '--junit', 'marks.xml', '--', './tests');
    expect(status).toBe(1);
    expect(stdout.split('\n').slice(1)).toEqual([
      ...['  ✓ one', '  ✗ two', '    | # two: says why', '  ! three (skipped)'],
      ...['    | no camera', ''],
    ]);
    expect(stdout).toMatch(/^✗ failed, in [\d.]+ m?s: 3 tests, 1 failed, 1 skipped\n/);
    const junit = readFileSync(join(lab.folder, 'marks.xml'), 'utf8');
    expect(junit).toContain('<testsuites tests="3" failures="1" errors="0"');
    expect(junit).toContain('<failure message="# two: says why">');
    expect(junit).toContain('<skipped message="no camera">');
    expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });
  });

  test('--json', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, mixed);
    const { status, stdout } = await lab.run('test', '--json', '--', './tests');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ schema: 1, outcome: 'failed', reasons: [], build: null, crashes: [] },
      ...{ hints: [], coverage: null, consoleLog: null },
      suites: [
        {
          name: './tests',
          tests: [
            { name: 'one', outcome: 'passed', message: '', crash: null },
            { name: 'two', outcome: 'failed', message: '# two: says why', crash: null },
            { name: 'three', outcome: 'skipped', message: 'no camera', crash: null },
          ],
        },
      ],
    });
  });

  test.each([
    ['echo ok 1 one', 0, /passed, .*: 1 test\n/],
    ['echo ok 1 one; exit 5', 1, /The command ended with status 5\./],
    ['echo fine', 1, /No test was reported/],
    ['echo 1..2; echo ok 1 one', 1, /test 2 \(not-run\)/],
    ['echo 1..2; echo ok 1 one; exec sleep 600', 124, /test 2\n +\| It had not ended/],
  ])('%s: status %d', async (action, expected, said) => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, action);
    const limit = expected === 124 ? ['--timeout', '2'] : [];
    const { status, stdout } = await lab.run('test', ...limit, '--', './tests');
    expect([status, stdout]).toEqual([expected, expect.stringMatching(said)]);
  });

  test('--kunit takes neither a folder nor a command; a kernel without KUnit is said', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 3');
    expect(await lab.run('test', '--kunit', 'here')).toMatchObject({ status: 64 });
    expect(await lab.run('test', '--kunit', '--', './x')).toMatchObject({ status: 64 });
    expect(await lab.run('test', '--kunit')).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('has no KUnit'),
    });
  });

  test.each([
    [['--kselftest', '../etc'], 64, 'is no folder of tools/testing/selftests'],
    [['--kselftest', 'size', '--', './x'], 64, 'without a command'],
    [['--kselftest', 'size', '--kunit'], 64, 'without a folder'],
    [['--kselftest', 'size'], 69, 'is no kernel'],
  ])('%j: status %d', async (words, status, said) => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0');
    const result = await lab.run('test', ...words);
    expect([result.status, result.stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      status,
      expect.stringContaining(said),
    ]);
  });

  test('a folder that holds no module, and no command: said as module test says it', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0');
    writeFileSync(join(lab.folder, 'Makefile'), 'all:\n');
    expect((await lab.run('test')).status).not.toBe(0);
    const other = temporaryFolder();
    const { status, stderr } = await lab.run('test', other.path);
    expect([status, stderr]).toEqual([69, expect.stringContaining('neither a Kbuild')]);
    other[Symbol.dispose]();
  });
});
