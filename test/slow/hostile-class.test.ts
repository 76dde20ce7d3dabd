import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { remainsOfCopies } from '../support/guest-lab.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { manifestOf } from '../support/manifest.ts';
import { needsOfHost } from '../support/requirements.ts';

// A class of hostile submissions (fixtures/hostile), graded in one run, by a Node
// whose heap is bounded to 256 MB. What each must come to stands in this table.

/** The name of a submission that is made of the one called `escapes`: a title, a colour, a C1 control, text turned round. */
const oddName = 'n\u001B]0;TITLE\u0007\u001B[31m\u009B1m\u202Eabc $& $$ {}';

/** `outcome status`, and what JUnit calls it: passed, failure or error. */
const verdicts: Readonly<Record<string, readonly [string, 'passed' | 'failure']>> = {
  right: ['exited 0', 'passed'],
  flood: ['exited 1', 'failure'],
  endless: ['timed-out 124', 'failure'],
  forks: ['timed-out 124', 'failure'],
  'power-off': ['ended 69', 'failure'],
  reboot: ['ended 69', 'failure'],
  panic: ['crashed 70', 'failure'],
  'forged-status': ['ended 69', 'failure'],
  'no-agent': ['ended 69', 'failure'],
  links: ['exited 0', 'passed'],
  sparse: ['not-copied 69', 'failure'],
  'false-tar': ['not-copied 69', 'failure'],
  reader: ['exited 1', 'failure'],
  network: ['exited 1', 'failure'],
  'full-disk': ['exited 1', 'failure'],
  [oddName]: ['exited 1', 'failure'],
};

/** Seconds that a command has. Two use them up, at the same time; 125 MB take some of them on a busy host. */
const timeout = 120;
const floodBytes = 125_000_000;

interface Graded {
  readonly item: string;
  readonly outcome: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly message: string | null;
}

const ready = needsOfHost('qemu', 'image-tools', 'ssh');

let lab: Lab;
let server: Server;
let callers = 0;
let graded: RunResult;
let runs: readonly Graded[];
let before: readonly string[];

const submission = (name: string): string => join('submissions', name);
const of = (name: string): Graded | undefined => runs.find(({ item }) => item === submission(name));

/** What a grading may write: its results, and what a submission's own `out` brings back. */
const written = [
  'results',
  'logs',
  'marks.xml',
  ...Object.keys(verdicts).map((name) => join(submission(name), 'out')),
];

beforeAll(async () => {
  if (!ready) return;
  lab = await makeLab({
    backing: await testImage(),
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  });
  cpSync(join(import.meta.dirname, '../../fixtures/hostile'), lab.folder, { recursive: true });
  cpSync(join(lab.folder, submission('escapes')), join(lab.folder, submission(oddName)), {
    recursive: true,
  });
  mkdirSync(join(lab.env['HOME'] ?? '', '.ssh'), { mode: 0o700 });
  writeFileSync(join(lab.env['HOME'] ?? '', '.ssh/id_ed25519'), 'a key of the host\n', {
    mode: 0o600,
  });
  server = createServer((socket) => {
    callers += 1;
    socket.end('reached\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const warm = await lab.run('image', 'warm');
  expect(warm.status, warm.stderr).toBe(0);

  before = [...manifestOf(lab.folder, written), ...manifestOf(join(lab.env['HOME'] ?? '', '.ssh'))];
  graded = await lab.run(
    ...['run', '--json', '--jobs', '2', '--timeout', String(timeout)],
    ...['--results', 'results', '--logs', 'logs', '--junit', 'marks.xml'],
    ...['--copy-out', '{}/out'],
    ...['--each', ...Object.keys(verdicts).map(submission)],
    ...['--', './grade.sh', '{}', String(port)],
  );
  ({ runs } = JSON.parse(graded.stdout) as { runs: readonly Graded[] });
}, 1_800_000);

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  server?.close();
});

test.for(Object.entries(verdicts))('the verdict on %j', ([name, [verdict]]) => {
  const run = of(name);
  expect(`${run?.outcome} ${run?.status}`, JSON.stringify(run).slice(0, 4_000)).toBe(verdict);
});

test('the run as a whole has failed, and said so', () => {
  expect(graded.status, graded.stderr.slice(-4_000)).toBe(1);
  expect(runs).toHaveLength(Object.keys(verdicts).length);
});

test('every verdict and every output is a file of its own', () => {
  const count = Object.keys(verdicts).length;
  const results = readdirSync(join(lab.folder, 'results')).filter((name) => name.endsWith('.json'));
  expect(results).toHaveLength(count);
  const items = results.map(
    (name) => (JSON.parse(readFileSync(join(lab.folder, 'results', name), 'utf8')) as Graded).item,
  );
  expect(items.toSorted()).toEqual(Object.keys(verdicts).map(submission).toSorted());
  expect(readdirSync(join(lab.folder, 'logs')).length).toBeGreaterThanOrEqual(count);
});

test('JUnit has each, as passed or failed, none as trouble of the machine', () => {
  const junit = readFileSync(join(lab.folder, 'marks.xml'), 'utf8');
  const failures = Object.values(verdicts).filter(([, kind]) => kind === 'failure');
  expect(junit.match(/<testcase /g)).toHaveLength(Object.keys(verdicts).length);
  expect(junit.match(/<failure /g)).toHaveLength(failures.length);
  expect(junit).not.toContain('<error');
});

test('what is kept of output has a bound, and its size is said', () => {
  expect(graded.stdout.length).toBeLessThan(64 << 20);
  expect(statSync(join(lab.folder, 'marks.xml')).size).toBeLessThan(64 << 20);
  expect(JSON.stringify(of('flood'))).toContain(String(floodBytes));
});

test('nothing on the host has changed', () => {
  const after = [
    ...manifestOf(lab.folder, written),
    ...manifestOf(join(lab.env['HOME'] ?? '', '.ssh')),
  ];
  expect(after).toEqual(before);
});

test('of what is brought back no link leads out, nothing is special, and its size is bounded', () => {
  const out = join(lab.folder, submission('links'), 'out');
  for (const name of ['log', 'up', 'other', 'fifo']) {
    expect(existsSync(join(out, name)), name).toBe(false);
  }
  const brought = existsSync(out) ? manifestOf(out) : [];
  expect(brought.filter((line) => / 10[2467]\d{3} /.test(line))).toEqual([]);
  for (const name of ['links', 'sparse', 'false-tar']) {
    const folder = join(lab.folder, submission(name), 'out');
    const sizes = existsSync(folder)
      ? readdirSync(folder).map((each) => statSync(join(folder, each)).size)
      : [];
    expect(sizes.every((size) => size < 1 << 30)).toBe(true);
  }
});

test('nobody has seen another, the key of the tests, or the network', () => {
  expect(of('reader')?.stdout).toBe('');
  expect(of('network')?.stdout).toBe('');
  expect(callers).toBe(0);
});

test('no sequence for the terminal is in a line of ours', () => {
  const junit = readFileSync(join(lab.folder, 'marks.xml'), 'utf8');
  for (const text of [graded.stderr, graded.stdout, junit]) {
    expect(text.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  }
});

test('nothing is left running, and nothing of the copies is left', () => {
  expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });
});
