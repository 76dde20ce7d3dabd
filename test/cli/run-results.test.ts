import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labWithGuest, remainsOfCopies } from '../support/guest-lab.ts';
import type { Lab } from '../support/lab.ts';
import { needsOfHost, needsOfTest } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What a grading leaves behind, whoever is graded. QEMU is a stand-in, and ssh is one too.
needsOfHost('qemu', 'ssh');

const nothing = { files: [], processes: [] };
const run = ['run', '--jobs', '1'] as const;

function makeItems(lab: Lab, ...items: readonly string[]): void {
  for (const item of items) writeFileSync(join(lab.folder, item), '');
}

const read = (lab: Lab, ...path: readonly string[]): string =>
  readFileSync(join(lab.folder, ...path), 'utf8');

test('each verdict and each output is on the disk when it has ended; a noisy one takes no memory', async () => {
  using folder = temporaryFolder();
  const action = `case $last in
    *"./x b"*) head -c 125000000 /dev/zero | tr '\\0' '&' ;;
    *"./x c"*) echo out; echo err >&2; exit 3 ;;
  esac`;
  await using lab = await labWithGuest(folder.path, action, {
    // Of the program's heap; the outputs are beside it.
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  });
  makeItems(lab, 'a', 'b', 'c');
  const files = ['--results', 'results', '--logs', 'logs', '--max-log', '1K', '--junit', 'm.xml'];
  const result = await lab.run(...run, '--json', ...files, '--each', 'a', 'b', 'c', '--', './x');
  expect(result.status, result.stderr).toBe(1);
  const { runs, notRun } = JSON.parse(result.stdout) as {
    readonly runs: readonly Record<string, unknown>[];
    readonly notRun: readonly string[];
  };
  expect(notRun).toEqual([]);
  expect(runs).toMatchObject([
    { item: 'a', status: 0, fault: null, truncated: false, stdoutBytes: 0 },
    { item: 'b', status: 0, fault: null, truncated: true, stdoutBytes: 125_000_000 },
    { item: 'c', status: 3, fault: 'command', truncated: false, stdout: 'out\n', stderr: 'err\n' },
  ]);
  expect(String(runs[1]?.['stdout']).length).toBeLessThan((1 << 20) + 100);
  expect(readdirSync(join(lab.folder, 'results')).toSorted()).toEqual([
    'a.json',
    'b.json',
    'c.json',
  ]);
  expect(JSON.parse(read(lab, 'results', 'c.json'))).toEqual(runs[2]);
  expect(read(lab, 'logs', 'c.stdout') + read(lab, 'logs', 'c.stderr')).toBe('out\nerr\n');
  expect(read(lab, 'logs', 'b.stdout')).toBe(
    `${'&'.repeat(1024)}\n[utopia cut this after 1024 bytes of 125000000]\n`,
  );
  const marks = read(lab, 'm.xml');
  expect(marks).toContain('tests="3" failures="1" errors="0"');
  expect(marks.match(/<testcase /g)).toHaveLength(3);
  expect(marks.length).toBeLessThan(6 << 20);
  // The user asked for them by name: as cp would make them.
  const mode = 0o666 & ~process.umask();
  for (const path of ['m.xml', 'results/a.json', 'logs/a.stdout']) {
    expect(statSync(join(lab.folder, path)).mode & 0o777, path).toBe(mode);
  }
  expect(remainsOfCopies(lab)).toEqual(nothing);
});

test('Ctrl-C of a grading: no verdict for what had not ended, and a way to go on', async () => {
  using folder = temporaryFolder();
  const go = join(folder.path, 'go');
  const action = `case $last in
    *"./x b"*) [ -e '${go}' ] || { echo >'${folder.path}/begun'; exec sleep 600; } ;;
  esac
  echo "$last" >>'${folder.path}/graded'`;
  await using lab = await labWithGuest(folder.path, action);
  makeItems(lab, 'a', 'b', 'c');
  const each = ['--each', 'a', 'b', 'c', '--', './x'];
  const words = [...run, '--results', 'results', '--junit', 'm.xml'];
  const grading = lab.start(...words, ...each);
  await grading.sees(/a +passed/);
  await until(() => existsSync(join(folder.path, 'begun')));
  grading.child.kill('SIGINT');
  const { status, stdout, stderr } = await grading.ended;
  expect(status, stderr).toBe(130);
  expect(stdout).toBe('1 of 3 runs passed; 1 interrupted, 1 not run\n');
  expect(stderr).toContain('Go on: the same command with --resume.');
  expect(stderr.split('\n').filter((line) => line.length > 80)).toEqual([]);
  const marks = read(lab, 'm.xml');
  expect(marks).toContain('tests="3" failures="0" errors="0"');
  expect(marks.match(/<skipped /g)).toHaveLength(2);
  expect(readdirSync(join(lab.folder, 'results'))).toEqual(['a.json']);
  expect(remainsOfCopies(lab)).toEqual(nothing);

  writeFileSync(go, '');
  const rest = await lab.run(...words, '--resume', ...each);
  expect(rest.stdout, rest.stderr).toBe('3 of 3 runs passed\n');
  const graded = readFileSync(join(folder.path, 'graded'), 'utf8');
  expect(graded.match(/\.\/x a/g)).toHaveLength(1);
  // Another command has other verdicts.
  const other = await lab.run(
    ...run,
    '--results',
    'results',
    '--resume',
    '--each',
    'a',
    '--',
    './y',
  );
  expect(other.stdout).toBe('1 of 1 run passed\n');
  expect(readFileSync(join(folder.path, 'graded'), 'utf8')).toContain('./y a');
});

test('goes on from no verdict that another user has laid there', async (context) => {
  needsOfTest(context, 'root');
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 1');
  makeItems(lab, 'a');
  const words = [...run, '--results', 'results', '--each', 'a', '--', './x'];
  expect((await lab.run(...words)).stdout).toBe('0 of 1 run passed; 1 failed\n');
  const file = join(lab.folder, 'results/a.json');
  const forged = {
    ...(JSON.parse(read(lab, 'results/a.json')) as object),
    status: 0,
    fault: null,
  };
  writeFileSync(file, JSON.stringify(forged));
  chownSync(file, 54_003, 54_003);
  const again = [...run, '--resume', ...words.slice(run.length)];
  expect((await lab.run(...again)).stdout).toBe('0 of 1 run passed; 1 failed\n');
  expect(statSync(file).uid).toBe(0);
});

test('an error in one item is that item’s', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 0');
  makeItems(lab, 'a', 'b');
  // The folder of its log cannot be written to: something that nobody foresaw.
  mkdirSync(join(lab.folder, 'logs/a.stdout'), { recursive: true });
  const words = ['--junit', 'm.xml', '--logs', 'logs', '--each', 'a', 'b', '--', './x'];
  const { status, stdout, stderr } = await lab.run(...run, ...words);
  expect(status, stderr).toBe(1);
  expect(stdout).toBe('1 of 2 runs passed; 1 bug\n');
  expect(read(lab, 'm.xml')).toContain('tests="2" failures="0" errors="1"');
});

test('what is written follows no link of a guest’s', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'echo line');
  makeItems(lab, 'a');
  const victim = join(folder.path, 'victim');
  writeFileSync(victim, 'as it was');
  mkdirSync(join(folder.path, 'elsewhere'));
  symlinkSync(victim, join(lab.folder, 'm.xml'));
  mkdirSync(join(lab.folder, 'results'));
  symlinkSync(victim, join(lab.folder, 'results/a.json'));
  mkdirSync(join(lab.folder, 'logs'));
  symlinkSync(victim, join(lab.folder, 'logs/a.stdout'));
  symlinkSync('../elsewhere', join(lab.folder, 'link'));
  const each = ['--each', 'a', '--', './x'];
  const files = ['--junit', 'm.xml', '--results', 'results', '--logs', 'logs'];
  const result = await lab.run(...run, ...files, ...each);
  expect(result.status, result.stderr).toBe(0);
  expect(readFileSync(victim, 'utf8')).toBe('as it was');
  expect(read(lab, 'm.xml')).toContain('line');
  for (const option of [
    ['--junit', 'link/m.xml'],
    ['--results', 'link'],
    ['--logs', 'link/x'],
  ]) {
    const refused = await lab.run(...run, ...option, ...each);
    expect(refused.status, option.join(' ')).toBe(73);
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('a link or a file is on the way');
  }
  expect(readdirSync(join(folder.path, 'elsewhere'))).toEqual([]);
});

test.each([
  [['--results', 'r', '--', 'true'], '--results is for several runs'],
  [['--resume', '--each', 'a', '--', 'true'], 'goes on from the verdicts of --results'],
  [['--rw', '--logs', 'l', '--each', 'a', '--', 'true'], 'With --rw every copy could write'],
  [['--max-output', '0', '--', 'true'], 'a size above 0'],
  [['--timeout', '9999999', '--', 'true'], '2147483 seconds at most'],
])('%j is refused', async (words, why) => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 0');
  makeItems(lab, 'a');
  const { status, stderr } = await lab.run('run', ...words);
  expect(status).toBe(64);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why);
});

test('what a utopia killed in copy-out leaves is nowhere that users look, and the next one clears it', async () => {
  using folder = temporaryFolder();
  const packing = join(folder.path, 'packing');
  const action = `case $last in *"tar -cf"*) echo >'${packing}'; exec sleep 600 ;; esac`;
  await using lab = await labWithGuest(folder.path, action);
  const before = readdirSync(lab.folder);
  const copying = lab.start('run', '--copy-out', 'out', '--', './x');
  await until(() => existsSync(packing));
  copying.child.kill('SIGKILL');
  await copying.ended;
  expect(readdirSync(lab.folder)).toEqual(before);
  expect(remainsOfCopies(lab).files.length).toBeGreaterThan(0);
  const next = await lab.run('run', '--', './x');
  expect(next.status, next.stderr).toBe(0);
  expect(remainsOfCopies(lab).files).toEqual([]);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
