import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathsOfId } from '../../src/machine/paths.ts';
import { simulateTick } from '../../src/sensors/simulate.ts';
import { waitForExit } from '../../src/system/process.ts';
import { findRunning } from '../../src/machine/state.ts';
import { labWithGuest, remainsOfCopies, shareConnection } from '../support/guest-lab.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// `utopia run` as it is typed. QEMU is a stand-in, and ssh is one too.
needsOfHost('qemu', 'ssh');

/** Submissions, each a file. */
function makeItems(lab: Lab, ...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(lab.folder, name), '');
}

const nothing = { files: [], processes: [] };

describe('a command', () => {
  test('its status and output are passed on, and nothing remains', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'echo out; echo err >&2; exit 42');
    expect(await lab.run('run', './test', 'a b', '-q')).toMatchObject({
      status: 42,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const commands = readFileSync(join(folder.path, 'commands'), 'utf8');
    expect(commands).toContain(`,ro shared`);
    expect(commands).toContain(`./test '\\''a b'\\'' -q\n`);
    expect(remainsOfCopies(lab)).toEqual(nothing);
    expect(existsSync(join(lab.folder, 'private.qcow2'))).toBe(false);
  });

  test('--json has it all, --junit as well', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'echo out; echo err >&2; exit 3');
    const result = await lab.run('run', '--json', '--rw', '--junit', 'result.xml', '--', 'true');
    expect(result.status).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({
      schema: 1,
      command: ['true'],
      outcome: 'exited',
      status: 3,
      commandStatus: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      crashes: [],
    });
    expect(readFileSync(join(lab.folder, 'result.xml'), 'utf8')).toContain(
      'failures="1" errors="0"',
    );
    expect(readFileSync(join(folder.path, 'commands'), 'utf8')).toContain(',rw shared');
  });

  test('a module for a newer kernel is told as one, on stderr, and the status stays', async () => {
    using folder = temporaryFolder();
    const log = join(import.meta.dirname, '../../fixtures/build-logs/sprintf-on-6.1.txt');
    await using lab = await labWithGuest(folder.path, `cat '${log}' >&2; exit 2`);
    const { status, stdout, stderr } = await lab.run('run', '--json', 'make');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ status: 2, stderr: readFileSync(log, 'utf8') });
    expect(stderr).toMatch(/for Linux 6\.6 or newer, and this guest has 6\.1/);
    expect(stderr).toMatch(/^ +utopia image build --suite trixie$/m);
  });

  test('one that takes too long is ended', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exec sleep 50');
    const result = await lab.run('run', '--timeout', '0.5', 'x');
    expect(result).toMatchObject({ status: 124, stderr: '✗ The command was ended after 0.5 s.\n' });
    expect(remainsOfCopies(lab)).toEqual(nothing);
  });

  test('Ctrl-C is the command’s', async () => {
    using folder = temporaryFolder();
    const action = `until grep -q '^kill -INT' '${folder.path}/commands'; do sleep 0.1; done; exit 130`;
    await using lab = await labWithGuest(folder.path, `echo begun; ${action}`);
    const run = lab.start('run', 'x');
    await run.sees(/begun/);
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ status: 130, stderr: '' });
    expect(remainsOfCopies(lab)).toEqual(nothing);
  });

  test('the machine of a killed utopia ends at once, the next clears the rest', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'echo begun; exec sleep 50');
    const run = lab.start('run', 'x');
    await run.sees(/begun/);
    const gone = once(run.child, 'exit');
    const [id = ''] = readdirSync(join(lab.env['HOME'] ?? '', '.local/state/utopia/runs'));
    const machine = await findRunning(
      pathsOfId(join('runs', id), lab.env, process.getuid?.() ?? 0),
    );
    if (machine === undefined) throw new Error('the copy has no machine');
    run.child.kill('SIGKILL');
    await gone;
    expect(await waitForExit(machine.qemu, { timeoutMs: 10_000 })).toBe(true);
    const [left] = readdirSync(join(lab.env['HOME'] ?? '', '.local/state/utopia/runs'));
    const next = lab.start('run', 'y');
    await next.sees(/begun/);
    const names = readdirSync(join(lab.env['HOME'] ?? '', '.local/state/utopia/runs'));
    expect(names).toHaveLength(1);
    expect(names).not.toContain(left);
    const over = once(next.child, 'exit');
    next.child.kill('SIGINT');
    next.child.kill('SIGTERM');
    expect(await over).toEqual([130, null]);
    expect(remainsOfCopies(lab).files).toEqual([]);
  });
});

test('--each: a copy and a verdict for each path', async () => {
  using folder = temporaryFolder();
  const action =
    'case $last in *"./x b c"*) echo no; exit 3 ;; *"./x late"*) exec sleep 50 ;; esac';
  await using lab = await labWithGuest(folder.path, action);
  makeItems(lab, 'a', 'b c', 'late');
  const args = ['run', '--jobs', '2', '--timeout', '2', '--each', 'a', 'b c', 'late', '--'];
  const result = await lab.run(...args, 'sh', '-c', './x {}');
  expect(result.status).toBe(1);
  expect(result.stdout).toBe('1 of 3 runs passed; 1 failed, 1 timed-out\n');
  expect(result.stderr).toMatch(/✓ a +passed/);
  expect(result.stderr).toMatch(/✗ b c +status 3/);
  expect(result.stderr).toMatch(/✗ late +The command was ended after 2 s,/);
  expect(result.stderr).toContain('utopia image warm');
  expect(remainsOfCopies(lab)).toEqual(nothing);
  for (const item of ['../x', 'nosuch', 'a/nosuch']) {
    const refused = await lab.run('run', '--each', 'a', item, '--', 'true');
    expect(refused.status, refused.stderr).toBe(64);
    expect(refused.stderr).toContain(item);
  }
});

test('--commands: a copy and a verdict for each line, of a file or of stdin', async () => {
  using folder = temporaryFolder();
  const action = 'case $last in *"./x b | cat"*) echo no; exit 3 ;; esac';
  await using lab = await labWithGuest(folder.path, action);
  const lines = '# the tests\n\n  ./x a\n./x b | cat\n';
  writeFileSync(join(lab.folder, 'tests.txt'), lines);
  const options = ['run', '--json', '--jobs', '2', '--junit', 'marks.xml', '--commands'];
  const result = await lab.run(...options, 'tests.txt');
  expect(result.status, result.stderr).toBe(1);
  expect(JSON.parse(result.stdout)).toMatchObject({
    schema: 1,
    runs: [
      { item: './x a', command: ['sh', '-c', './x a'], status: 0 },
      { item: './x b | cat', status: 3, stdout: 'no\n' },
    ],
  });
  expect(readFileSync(join(lab.folder, 'marks.xml'), 'utf8')).toContain('tests="2" failures="1"');
  const fromStdin = await lab.runWithInput('./x a\n./x c\n', 'run', '--commands', '-');
  expect(fromStdin.stdout, fromStdin.stderr).toBe('2 of 2 runs passed\n');
  expect(remainsOfCopies(lab)).toEqual(nothing);

  for (const [words, why] of [
    [['--commands', 'none.txt'], 'cannot be read'],
    [['--commands', '-'], 'there is no command in it'],
    [['--commands', 'tests.txt', '--', 'true'], 'Leave one of them out'],
    [['--commands', 'tests.txt', '--keep', 'x'], 'cannot be used with'],
    [['--each', 'a', '--'], 'utopia run -- ./test.sh'],
    [['--each', 'a', '--rw', '--', 'x'], '--share-folder'],
    [['--with', 'a', '--', 'x'], 'Leave --with out'],
    [['--each', 'a', '--with', 'b', '--share-folder', '--', 'x'], 'Leave --with out'],
    [[], 'utopia run -- ./test.sh'],
  ] satisfies [string[], string][]) {
    const refused = await lab.run('run', ...words);
    expect(refused.status, words.join(' ')).toBe(64);
    expect(refused.stderr).toContain(why);
  }
});

test('--each on a terminal: a table below the verdicts, gone at the end', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'sleep 1');
  makeItems(lab, 'a', 'b');
  const args = ['run', '--jobs', '1', '--each', 'a', 'b'];
  const { status, stdout } = await lab.runOnTerminal(...args, '--', 'true');
  expect(status).toBe(0);
  expect(stdout).toMatch(/· a {2}running +\d s\r?\n.*· b {2}waiting/);
  expect(stdout).toContain('1 of 2 done · 1 running');
  expect(stdout).toContain('2 of 2 runs passed\r\n');
  // The cursor is back.
  expect(stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001B[?25l'));
  const plain = await lab.run(...args, '--', 'true');
  expect(plain.stderr).not.toContain('waiting');
  expect(remainsOfCopies(lab)).toEqual(nothing);
});

test('--each: copies that go do not disturb those that come', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 0');
  const items = Array.from({ length: 24 }, (_item, index) => `item-${index}`);
  makeItems(lab, ...items);
  const result = await lab.run('run', '--jobs', '6', '--each', ...items, '--', 'true');
  expect(result.stdout, result.stderr).toBe('24 of 24 runs passed\n');
  expect(remainsOfCopies(lab)).toEqual(nothing);
});

describe('a guest that is lost before there is a command', () => {
  // An ssh whose guest is gone waits for minutes, and so does whoever waits for the agent.
  const killQemu = 'kill -KILL $(cat "$HOME"/.local/state/utopia/runs/*/qemu.pid); exec sleep 50';

  test.each([
    ['image warm', 'virtio_console', 'it was made ready to be kept'],
    ['run -- true', 'mount -t 9p', 'this folder was being mounted in it'],
  ])('%s: it is told at once', async (words, script, doing) => {
    using folder = temporaryFolder();
    const ssh = `${shareConnection}
    [ "$1" = -V ] || case "$*" in *"${script}"*) ${killQemu} ;; esac`;
    await using lab = await labWithGuest(folder.path, '', { programs: { ssh } });
    const { status, stderr } = await lab.run(...words.split(' '));
    expect(status, stderr).toBe(69);
    expect(stderr).toContain(`The guest went with its QEMU while ${doing}.`);
    expect(stderr).toContain('| lab login:');
    expect(remainsOfCopies(lab)).toEqual(nothing);
  });
});

describe('a copy that does not start', () => {
  test('69, with the reason', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0', {
      scenario: { dieAtOnce: { code: 1, stderr: 'qemu: cannot set up guest memory' } },
    });
    const result = await lab.run('run', '--json', 'true');
    expect(result.status).toBe(69);
    expect(JSON.parse(result.stdout)).toMatchObject({ outcome: 'not-started', status: 69 });
    expect(remainsOfCopies(lab)).toEqual(nothing);
  });

  test('64 in a folder of the guest’s own system', async () => {
    await using lab = await makeLab({ scenario: {} });
    const result = await lab.run(
      '-C',
      '/usr',
      '--config',
      join(lab.folder, 'utopia.config'),
      'run',
      'true',
    );
    expect(result.status).toBe(64);
    expect(result.stderr).toContain('Start utopia run in a folder of the lab');
  });
});

async function feedOf(lab: Lab, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run('run', ...args, '--', 'read-feed');
  expect(status, stderr).toBe(0);
  return Buffer.from(stdout, 'base64').toString('hex');
}

describe('--sensors', () => {
  /** What the stand-in's guest has read, as soon as it is so many bytes. */
  const readFeed = `file=$(echo "$XDG_RUNTIME_DIR"/utopia/runs/*/sensors.sock.bytes)
while [ "$(head -c 900 "$file" 2>/dev/null | wc -c)" -lt 900 ]; do sleep 0.05; done
head -c 900 "$file" | base64 -w 0`;

  test('each copy gets the same bytes from the start; without it, none', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, readFeed);
    const first = await feedOf(lab, '--sensors', 'sim');
    expect(await feedOf(lab, '--sensors', 'sim')).toBe(first);
    expect(first).toContain(simulateTick(0)?.toString('hex'));
    expect(first).toContain(simulateTick(5)?.toString('hex'));
    expect(remainsOfCopies(lab)).toEqual(nothing);
  });

  test('a recording is replayed from its first frame, from the folder where it is typed', async () => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, readFeed);
    const frames = [7, 9].map((tick) => simulateTick(tick) ?? Buffer.alloc(0));
    writeFileSync(join(lab.folder, 'feed.bin'), Buffer.concat(frames));
    const replayed = await feedOf(lab, '--sensors', 'replay:feed.bin');
    const [one = '', other = ''] = frames.map((frame) => frame.toString('hex'));
    expect(replayed).toContain(one + other + one + other);
  });

  test.each([
    ['tcp:127.0.0.1:4915', 'Copies do not get tcp:127.0.0.1:4915'],
    ['serial:/dev/ttyUSB0', 'Copies do not get serial:/dev/ttyUSB0'],
    ['replay:gone.bin', 'The recording cannot be replayed'],
  ])('%s is refused before anything starts, also for several', async (feed, why) => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0');
    for (const more of [[], ['--commands', 'list']]) {
      writeFileSync(join(lab.folder, 'list'), 'true\n');
      const words = more.length > 0 ? more : ['--', 'true'];
      const { status, stderr } = await lab.run('run', '--sensors', feed, ...words);
      expect([status, stderr]).toEqual([64, expect.stringContaining(why)]);
    }
    expect(existsSync(join(folder.path, 'commands'))).toBe(false);
  });
});
