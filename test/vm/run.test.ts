import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { simulateTick } from '../../src/sensors/simulate.ts';
import { waitForExit } from '../../src/system/process.ts';
import { pathsOfId } from '../../src/machine/paths.ts';
import { testImage } from '../support/image.ts';
import { expectNoFuture } from '../support/clock.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Commands in throwaway copies of a real guest, and its first start, from a warm base.
const ready = needsOfHost('qemu', 'image-tools', 'ssh');

vi.setConfig({ testTimeout: 180_000 });

let lab: Lab;

beforeAll(async () => {
  if (!ready) return;
  lab = await makeLab({ backing: await testImage() });
  const made = await lab.run('image', 'warm');
  expect(made.status, made.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const stateFolder = (): string => join(lab.env['HOME'] ?? '', '.local/state/utopia/runs');

/** What copies have left behind. */
function remains(): string[] {
  const folders = [stateFolder(), join(lab.env['XDG_RUNTIME_DIR'] ?? '', 'utopia/runs')];
  return folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
}

const shell = (script: string): readonly string[] => ['--', 'sh', '-c', script];

async function report(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await lab.run('run', '--json', ...args);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Runs a command that tells where it is, in a folder of its own; gives what utopia itself said before. */
async function checkCommand(): Promise<string> {
  writeFileSync(join(lab.folder, 'seen in the guest'), 'yes');
  const script = [
    'pwd; cat "seen in the guest"; echo; cat',
    'mkdir made; head -c 200000 /dev/urandom > made/result; sha256sum < made/result',
    'echo x > new; rm "seen in the guest"',
    'id -un >&2; exit 42',
  ].join('\n');
  rmSync(join(lab.folder, 'made'), { recursive: true, force: true });
  const options = ['--timeout', '60', '--copy-out', 'made', '--copy-out', 'not made'];
  const { status, stdout, stderr } = await lab.run('run', ...options, ...shell(script));
  expect(status, stderr).toBe(42);
  const result = readFileSync(join(lab.folder, 'made/result'));
  const sum = createHash('sha256').update(result).digest('hex');
  expect(stdout).toBe(`${lab.folder}\nyes\n${sum}  -\n`);
  expect(stderr).toMatch(/root\n! not made is not there in the copy\n$/);
  expect(existsSync(join(lab.folder, 'new'))).toBe(false);
  expect(existsSync(join(lab.folder, 'seen in the guest'))).toBe(true);
  expect(remains()).toEqual([]);
  expect(lab.processes()).toEqual([]);
  return stderr.replace(/root\n.*\n$/, '');
}

describe('copies of one warm base', () => {
  test('folder, streams, status, account; nothing remains', async () => {
    expect(await checkCommand()).toBe('');
  });

  test('the folder can be read, and not written to', async () => {
    writeFileSync(join(lab.folder, 'of the host'), 'as it was');
    const script = 'cat "of the host"; echo x > "of the host" || echo x > new';
    const { status, stdout } = await report(...shell(script));
    expect({ status, stdout }).toEqual({ status: 2, stdout: 'as it was' });
    expect(readFileSync(join(lab.folder, 'of the host'), 'utf8')).toBe('as it was');
    expect(existsSync(join(lab.folder, 'new'))).toBe(false);
  });

  test('have the host’s clock, and other random numbers each', async () => {
    const script = 'head -c 16 /dev/urandom | od -An -tx1; date +%s.%N; cat /proc/uptime';
    const seen = [];
    for (let copy = 0; copy < 2; copy += 1) {
      const before = Date.now() / 1000;
      const { warm, stdout } = await report(...shell(script));
      expect(warm).toBe(true);
      const [random, clock] = String(stdout).split('\n');
      // Some moment between the two, to the second.
      expect(Number(clock)).toBeGreaterThan(before - 1);
      expect(Number(clock)).toBeLessThan(Date.now() / 1000 + 1);
      seen.push(random);
    }
    expect(seen[0]).toMatch(/^( [\da-f]{2}){16}$/);
    expect(seen[0]).not.toBe(seen[1]);
  });

  test('see no file of the host’s as one of the future', async () => {
    await expectNoFuture(lab, ['run', '--'], lab.folder, lab.folder);
  });

  test('start with the disk as it was', async () => {
    const script = 'test ! -e /var/mark && echo x > /var/mark && sync';
    expect((await lab.run('run', ...shell(script))).status).toBe(0);
    expect((await lab.run('run', ...shell(script))).status).toBe(0);
  });

  test('one is kept as a machine, whose disk needs no base', async () => {
    const script = 'echo kept > /root/mark; exit 3';
    const { status, stderr } = await lab.run('run', '--keep', 'one, kept', ...shell(script));
    expect(status, stderr).toBe(3);
    expect(stderr).toBe("✓ The copy is a machine now: one, kept\n  cd 'one, kept' && utopia up\n");
    expect(await report('--timeout', '1', '--keep', '--', 'sleep', '100')).toMatchObject({
      outcome: 'timed-out',
      status: 124,
      kept: expect.stringMatching(/\/kept-[^/]+-1$/),
    });
    expect(remains()).toEqual([]);
    expect(lab.processes()).toEqual([]);
  });

  test('pass every byte, both ways', async () => {
    const bytes = readFileSync(process.execPath).subarray(0, 3 << 20);
    expect((await lab.pipe(bytes, 'run', 'cat')).equals(bytes)).toBe(true);
  });

  test('Ctrl-C is the command’s; a time-out ends it', async () => {
    const run = lab.start(
      'run',
      ...shell("trap 'echo caught; exit 5' INT; echo begun; while :; do sleep 0.1; done"),
    );
    await run.sees(/begun/);
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ status: 5, stdout: 'begun\ncaught\n' });
    expect(await report('--timeout', '3', ...shell('echo out; sleep 100'))).toMatchObject({
      outcome: 'timed-out',
      status: 124,
      stdout: 'out\n',
    });
    expect(remains()).toEqual([]);
  });

  test('a panic is 70, and explained', async () => {
    const script = 'echo begun; echo kept > file; sleep 1; echo c > /proc/sysrq-trigger; sleep 60';
    const result = await lab.run('run', '--json', '--rw', ...shell(script));
    expect(result.status, result.stderr).toBe(70);
    const told = JSON.parse(result.stdout) as Record<string, unknown>;
    expect(told).toMatchObject({ outcome: 'crashed', commandStatus: null, stdout: 'begun\n' });
    expect(told['crashes']).toMatchObject([{ panic: 'sysrq triggered crash' }]);
    expect(result.stderr).toMatch(/^Kernel panic: sysrq triggered crash +task sh/);
    expect(readFileSync(join(lab.folder, 'file'), 'utf8')).toBe('kept\n');
    const kept = await lab.run('oops', '--log', String(told['consoleLog']));
    expect(kept.stdout).toContain('sysrq triggered crash');
    expect(remains()).toEqual([]);
  });

  test('a crash is kept among those of the machine, where that is asked for', async () => {
    const script = 'sleep 1; echo c > /proc/sysrq-trigger; sleep 60';
    const told = await report('--on-crash', 'keep', ...shell(script));
    expect(told).toMatchObject({ outcome: 'crashed', status: 70, keptCrashes: [1] });
    const { stdout } = await lab.run('crash', 'list', '--json');
    const { crashes } = JSON.parse(stdout) as { readonly crashes: readonly { dump: string }[] };
    expect(crashes).toMatchObject([{ number: 1, kind: 'panic', snapshot: null }]);
    // All of its memory, wherever it is written.
    expect(statSync(crashes[0]?.dump ?? '').size).toBeGreaterThan(256 * 2 ** 20);
    const shown = await lab.run('crash', 'show');
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain('it was a throwaway copy');
    expect(await lab.run('crash', 'remove', '--all')).toMatchObject({ status: 0 });
    expect(remains()).toEqual([]);
  });

  test('a copy that is paused at its crash is looked at from elsewhere, until Ctrl-C', async () => {
    const script = 'sleep 1; echo c > /proc/sysrq-trigger; sleep 60';
    const run = lab.start('run', '--on-crash', 'pause', ...shell(script));
    await run.sees(/utopia -n copy-[0-9a-f]{8} gdb/);
    const name = `copy-${remains()[0]}`;
    const status = JSON.parse((await lab.run('-n', name, 'status', '--json')).stdout) as object;
    expect(status).toMatchObject({ state: 'paused-at-crash' });
    const dump = await lab.run('-n', name, 'dump', 'paused.elf', '--json');
    expect(JSON.parse(dump.stdout)).toMatchObject({ format: 'elf', addresses: true });
    expect((await lab.run('-n', name, 'oops')).stdout).toContain('sysrq triggered crash');
    // Nothing that is done to it is done to the machine.
    const reset = await lab.run('-n', name, 'reset', '--yes');
    expect(reset.status, reset.stderr).not.toBe(0);
    run.child.kill('SIGINT');
    const ended = await run.ended;
    expect(ended).toMatchObject({ status: 70 });
    // Ctrl-C has ended the pause, and not what is told of the crash.
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('neither is installed');
    expect(remains()).toEqual([]);
    expect(await lab.run('-n', name, 'status')).toMatchObject({ status: 69 });
  });

  test('a copy that somebody ends at its crash has crashed', async () => {
    const script = 'sleep 1; echo c > /proc/sysrq-trigger; sleep 60';
    const run = lab.start('run', '--on-crash', 'pause', ...shell(script));
    await run.sees(/utopia -n copy-[0-9a-f]{8} gdb/);
    const name = `copy-${remains()[0]}`;
    const down = await lab.run('-n', name, 'down', '--force');
    expect(down, down.stderr).toMatchObject({ status: 0 });
    expect(await run.ended).toMatchObject({ status: 70 });
    expect(remains()).toEqual([]);
  });

  test('a guest that powers off has not been paused', async () => {
    const told = await report('--on-crash', 'pause', ...shell('poweroff -f; sleep 60'));
    expect(told).toMatchObject({ outcome: 'ended', status: 69, keptCrashes: [] });
    expect(told['message']).toContain('powered off');
  });

  test('several copies are not paused, and a word that is none is refused', async () => {
    const many = await lab.run('run', '--on-crash', 'pause', '--each', 'a', '--', 'true');
    expect(many).toMatchObject({ status: 64 });
    expect(many.stderr).toContain('--on-crash keep');
    expect(await lab.run('run', '--on-crash', 'stop', '--', 'true')).toMatchObject({ status: 78 });
  });

  test('a guest that reboots under the command is no verdict of it', async () => {
    const script = 'echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger; sleep 60';
    expect(await report(...shell(script))).toMatchObject({ outcome: 'ended', status: 69 });
  });

  test('each of several submissions gets its own copy and its own verdict', async () => {
    const submissions = {
      right: 'exit 0',
      wrong: 'echo no; exit 3',
      panics: 'sleep 1; echo c > /proc/sysrq-trigger; sleep 60',
      hangs: 'sleep 100',
      late: 'exit 0',
    };
    for (const [name, script] of Object.entries(submissions)) {
      writeFileSync(join(lab.folder, name), script);
    }
    const args = ['--jobs', '2', '--timeout', '10', '--junit', 'marks.xml'];
    const each = ['--each', ...Object.keys(submissions), '--', 'sh', '{}'];
    const result = await lab.run('run', '--json', ...args, ...each);
    expect(result.status, result.stderr).toBe(1);
    const { runs } = JSON.parse(result.stdout) as { readonly runs: readonly unknown[] };
    expect(runs).toMatchObject([
      { item: 'right', outcome: 'exited', status: 0 },
      { item: 'wrong', outcome: 'exited', status: 3, stdout: 'no\n' },
      { item: 'panics', outcome: 'crashed', status: 70 },
      { item: 'hangs', outcome: 'timed-out', status: 124 },
      { item: 'late', outcome: 'exited', status: 0 },
    ]);
    const marks = readFileSync(join(lab.folder, 'marks.xml'), 'utf8');
    expect(marks).toContain('tests="5" failures="3" errors="0"');
    expect(remains()).toEqual([]);
  });

  test('a submission sees its own path, what grades it, and what it is given', async () => {
    for (const name of ['anna', 'ba $& b']) {
      mkdirSync(join(lab.folder, 'subs', name), { recursive: true });
      writeFileSync(join(lab.folder, 'subs', name, 'answer'), `of ${name}`);
    }
    writeFileSync(join(lab.folder, 'tests.key'), 'secret');
    writeFileSync(join(lab.folder, 'common.txt'), 'for all');
    const script = '#!/bin/sh\nfind . -type f | sort; cat "$1/answer" common.txt; ! cat tests.key';
    writeFileSync(join(lab.folder, 'grade.sh'), script, { mode: 0o755 });
    const each = ['--each', 'subs/anna', 'subs/ba $& b', '--with', 'common.txt'];
    const result = await lab.run('run', '--json', ...each, '--', './grade.sh', '{}');
    expect(result.status, result.stderr).toBe(0);
    const { runs } = JSON.parse(result.stdout) as { readonly runs: readonly { stdout: string }[] };
    expect(runs.map(({ stdout }) => stdout)).toEqual(
      ['anna', 'ba $& b'].map(
        (name) => `./common.txt\n./grade.sh\n./subs/${name}/answer\nof ${name}for all`,
      ),
    );
    // With the layer over it, and out of it.
    const out = ['--each', 'subs/anna', '--copy-out', '{}/log'];
    const copied = await lab.run('run', ...out, '--', 'sh', '-c', 'echo 42 > {}/log; ls > ls');
    expect(copied.status, copied.stderr).toBe(0);
    expect(readFileSync(join(lab.folder, 'subs/anna/log'), 'utf8')).toBe('42\n');
    expect(existsSync(join(lab.folder, 'ls'))).toBe(false);
    const whole = ['--each', 'subs/anna', '--share-folder', '--', 'cat', 'tests.key', '{}/answer'];
    expect((await lab.run('run', ...whole)).status).toBe(0);
    const missing = await lab.run('run', '--each', 'subs/anna', '--', 'sh', '-c', './helper.sh');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('--with PATH');
    expect(remains()).toEqual([]);
  });

  test('the machine of a killed utopia ends at once, and the next clears the rest', async () => {
    const run = lab.start('run', ...shell('echo begun; sleep 100'));
    await run.sees(/begun/);
    const gone = once(run.child, 'exit');
    const [id = ''] = readdirSync(stateFolder());
    const paths = pathsOfId(join('runs', id), lab.env, process.getuid?.() ?? 0);
    const machine = await findRunning(paths);
    if (machine === undefined) throw new Error('the copy has no machine');
    run.child.kill('SIGKILL');
    await gone;
    expect(await waitForExit(machine.qemu, { timeoutMs: 10_000 })).toBe(true);
    expect((await lab.run('run', 'true')).status).toBe(0);
    expect(remains()).toEqual([]);
    expect(lab.processes()).toEqual([]);
  });
});

/** Waits for a guest that boots anew; gives the number of its boot. */
async function nextBoot(before: string): Promise<string> {
  for (;;) {
    const { status, stdout } = await lab.run('ssh', '--', 'cat /proc/sys/kernel/random/boot_id');
    if (status === 0 && stdout !== before) return stdout;
    await sleep(500);
  }
}

test('a script that its first line keeps from running is explained', async () => {
  writeFileSync(join(lab.folder, 'windows.sh'), '#!/bin/sh\r\necho a\r\n', { mode: 0o755 });
  writeFileSync(join(lab.folder, 'other.sh'), '#!/opt/none/sh\necho a\n', { mode: 0o755 });
  const windows = await lab.run('run', '--', './windows.sh');
  expect(windows).toMatchObject({ status: 127, stdout: '' });
  expect(windows.stderr).toContain("sed -i 's/\\r$//' ./windows.sh");
  const other = await lab.run('run', '--', './other.sh');
  expect(other).toMatchObject({ status: 127, stdout: '' });
  expect(other.stderr).toContain('/opt/none/sh, may not be in the guest');
  rmSync(join(lab.folder, 'windows.sh'));
  rmSync(join(lab.folder, 'other.sh'));
});

test('the first up of a machine goes on from the base, as a machine of its own', async () => {
  const script =
    'cat /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | od -An -tx1; ' +
    'cat /etc/ssh/ssh_host_ed25519_key.pub; date +%s';
  const copy = String((await report(...shell(script))).stdout).split('\n');
  // Nobody needs to wait for that boot.
  const cold = await lab.run('up', '--detach', '--no-wait', '--cold', '--json');
  expect(JSON.parse(cold.stdout)).toMatchObject({ warm: false });
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect((await lab.run('reset', '--yes')).status).toBe(0);

  const up = await lab.run('up', '--detach', '--on-crash', 'keep');
  expect(up.status, up.stderr).toBe(0);
  expect(up.stderr).toMatch(/warm base +\d+ MB, .* old; utopia up --cold boots/);
  // The host knows its keys before anybody has connected.
  const known = readFileSync(join(lab.paths().sshDir, 'known_hosts'), 'utf8');
  writeFileSync(join(lab.folder, 'shared/note'), 'of the host');
  const rest = 'cat /home/user/shared/note; echo; pgrep -f "[v]irtio-ports" || echo none';
  const seen = (await lab.run('ssh', '--', `${script}; ${rest}`)).stdout.split('\n');
  const [boot, random, hostKey = '', clock, note, agent] = seen;
  expect(boot).toBe(copy[0]);
  expect(random).toMatch(/^( [\da-f]{2}){16}$/);
  expect(random).not.toBe(copy[1]);
  // A copy, which nobody reaches by SSH, has no host keys at all.
  expect(copy[2]).toMatch(/^\d+$/);
  expect(hostKey).toMatch(/^ssh-ed25519 /);
  expect(known).toContain(hostKey.split(' ').slice(0, 2).join(' '));
  expect(Math.abs(Number(clock) - Date.now() / 1000)).toBeLessThan(30);
  expect(note).toBe('of the host');
  expect(agent).toBe('none');
  // Its kernel waits at a crash, though the base was made without.
  const waits = 'cat /sys/module/kernel/parameters/pause_on_oops';
  expect((await lab.run('ssh', '--', waits)).stdout).toBe('1\n');
  // The base's memory is mapped, not read: little of the guest's is this machine's own.
  const running = await findRunning(lab.paths());
  const status = readFileSync(`/proc/${running?.qemu.pid}/status`, 'utf8');
  expect(Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1])).toBeLessThan(512 * 1024);

  // And it can be saved as a whole, for a QEMU that has memory of its own.
  expect((await lab.run('suspend')).status).toBe(0);
  const resumed = await lab.run('up', '--detach', '--on-crash', 'keep');
  expect(resumed.status, resumed.stderr).toBe(0);
  const still = await lab.run('ssh', '--', 'cat /proc/sys/kernel/random/boot_id');
  expect(still.stdout).toBe(`${boot}\n`);

  // A machine like any other: it boots cold, with the same keys and its files.
  await lab.run('ssh', '--', 'echo kept > /var/mark; sync; systemctl reboot');
  expect(await nextBoot(`${boot}\n`)).toMatch(/^[\da-f-]{36}\n$/);
  const after = await lab.run('ssh', '--', 'cat /var/mark /etc/ssh/ssh_host_ed25519_key.pub');
  expect(after.stdout).toBe(`kept\n${hostKey}\n`);
  expect((await lab.run('ssh', '--', waits)).stdout).toBe('1\n');
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect((await lab.run('reset', '--yes')).status).toBe(0);
});

/** What the only base of the store is of. */
function manifestOfBase(): Record<string, unknown> {
  const folder = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/warm');
  const [key = ''] = readdirSync(folder);
  return JSON.parse(readFileSync(join(folder, key, 'base.json'), 'utf8')) as Record<
    string,
    unknown
  >;
}

test('an up that is killed as it goes on from the base leaves a machine that nobody enters with its keys', async () => {
  const knownHosts = join(lab.paths().sshDir, 'known_hosts');
  const { hostKeys, sshdAwaitsKeys } = manifestOfBase();
  expect({ hostKeys, sshdAwaitsKeys }).toEqual({
    hostKeys: ['ecdsa', 'ed25519'],
    sshdAwaitsKeys: true,
  });
  // Killed at moments that are spread over the whole of a start, on whatever host.
  const startedAt = performance.now();
  expect((await lab.run('up', '--detach')).status).toBe(0);
  const wholeMs = performance.now() - startedAt;
  const rounds = 8;
  for (let round = 1; round <= rounds; round += 1) {
    expect((await lab.run('down', '--force')).status).toBe(0);
    expect(lab.processes()).toEqual([]);
    expect((await lab.run('reset', '--yes')).status).toBe(0);
    const victim = lab.start('up', '--detach');
    await Promise.race([victim.ended, sleep((wholeMs * round) / rounds)]);
    victim.child.kill('SIGKILL');
    await victim.ended;
  }
  expect((await lab.run('down', '--force')).status).toBe(0);
  // The last one is looked at: a boot makes the keys that it lacks.
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
  const keys = 'cat /etc/ssh/ssh_host_ed25519_key.pub; ls /etc/ssh/ssh_host_*_key';
  const seen = await lab.run('ssh', '--', keys);
  expect(seen.status, seen.stderr).toBe(0);
  const [key = '', ...files] = seen.stdout.trim().split('\n');
  expect(readFileSync(knownHosts, 'utf8')).toContain(key.split(' ').slice(0, 2).join(' '));
  expect(files).toEqual(['/etc/ssh/ssh_host_ecdsa_key', '/etc/ssh/ssh_host_ed25519_key']);
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect((await lab.run('reset', '--yes')).status).toBe(0);
});

test('a base that cannot be restored is said, and copy and machine boot', async () => {
  const folder = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/warm');
  const [key = ''] = readdirSync(folder);
  writeFileSync(join(folder, key, 'state'), 'no state at all');
  expect(await checkCommand()).toContain('utopia image warm --again');
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
  expect(up.stderr.replaceAll(/\s+/g, ' ')).toContain('warm base of no use, booting instead');
  expect((await lab.run('down', '--force')).status).toBe(0);
  const cooled = await lab.run('image', 'cool');
  expect(cooled.stdout).toContain('Removed 1 warm base');
  expect(readdirSync(folder)).toEqual([]);
});

test('a machine that was kept of a copy boots without the base', async () => {
  const up = await lab.run('-C', 'one, kept', 'up', '--detach', '--json');
  expect(up.status, up.stderr).toBe(0);
  expect(JSON.parse(up.stdout)).toMatchObject({ warm: false });
  const script = 'cat /root/mark /etc/ssh/ssh_host_ed25519_key.pub';
  const [mark, key] = (await lab.run('-C', 'one, kept', 'ssh', '--', script)).stdout.split('\n');
  expect(mark).toBe('kept');
  expect(key).toMatch(/^ssh-ed25519 /);
  expect((await lab.run('-C', 'one, kept', 'down', '--force')).status).toBe(0);
});

test('copies of a warm base get the same sensor readings, in their order', async () => {
  await using fed = await makeLab({ backing: await testImage() });
  const made = await fed.run('image', 'warm', '--sensors', 'sim');
  expect(made.status, made.stderr).toBe(0);
  // Two seconds of the stream, behind the second of other frames that goes before it.
  const script = 'exec 3<>/dev/ttyS1; stty 57600 raw -echo <&3; head -c 900 <&3 | base64 -w 0';
  const run = ['run', '--json', '--sensors', 'sim', '--commands', 'list'];
  writeFileSync(join(fed.folder, 'list'), `${script}\nsleep 3; ${script}\n`);
  const { status, stdout, stderr } = await fed.run(...run);
  expect(status, stderr).toBe(0);
  const { runs } = JSON.parse(stdout) as { readonly runs: readonly Record<string, unknown>[] };
  const expected = Array.from({ length: 15 }, (_none, tick) => simulateTick(tick) ?? Buffer.of());
  for (const { warm, stdout: read } of runs) {
    expect(warm).toBe(true);
    const bytes = Buffer.from(String(read), 'base64').toString('hex');
    expect(bytes).toContain(Buffer.concat(expected).toString('hex'));
  }
  expect(runs.length).toBe(2);
});
