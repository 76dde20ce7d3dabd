import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findRunning, readState } from '../../src/machine/state.ts';
import { quoteForShell } from '../../src/text/shell-words.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The built program as a user runs it; QEMU is a stand-in that plays a scenario,
// qemu-img is the real one.
needsOfHost('qemu');

describe('a machine’s day', () => {
  test('up --detach, status, a second up, down', async () => {
    await using lab = await makeLab({ scenario: {} });
    const up = await lab.run('up', '--detach');
    expect(up).toMatchObject({ status: 0 });
    expect(up.stdout).toContain(`ssh -p ${lab.sshPort} root@127.0.0.1`);
    expect(up.stderr).toMatch(/ssh +SSH-2\.0-OpenSSH/);
    expect(up.stderr).toContain('utopia image warm, once');
    for (const line of up.stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(80);

    const running = await findRunning(lab.paths());
    expect(lab.processes()).toEqual([running?.qemu.pid]);

    const status = JSON.parse((await lab.run('status', '--json')).stdout) as object;
    expect(status).toMatchObject({
      schema: 1,
      state: 'running',
      pid: running?.qemu.pid,
      ssh: { host: '127.0.0.1', port: lab.sshPort },
      accelerator: 'tcg',
    });

    const again = await lab.run('up', '--detach');
    expect(again.status).toBe(75);
    expect(again.stderr).toContain('is running already');
    expect(again.stdout).toContain(`ssh -p ${lab.sshPort}`);

    // A script that wants it up need not care whether it is.
    const ensured = await lab.run('up', '--ensure', '--detach');
    expect(ensured).toMatchObject({ status: 0 });
    expect(ensured.stdout).toContain(`ssh -p ${lab.sshPort}`);
    expect(ensured.stderr).not.toContain('running already');
    expect((await findRunning(lab.paths()))?.qemu.pid).toBe(running?.qemu.pid);
    expect(await lab.run('status', '--exit-status')).toMatchObject({ status: 0 });

    const down = await lab.run('down');
    expect(down).toMatchObject({ status: 0 });
    expect(down.stdout).toMatch(/is off after .*: the guest powered down\./);
    expect(lab.processes()).toEqual([]);
    expect(await lab.run('status', '--exit-status')).toMatchObject({ status: 69 });
    const off = await lab.run('status');
    expect(off).toMatchObject({ status: 0 });
    expect(off.stdout).toContain('is not running');
    expect((await lab.run('down')).stdout).toContain('is not running');

    // Said when a machine is new, and only then.
    expect((await lab.run('up', '--ensure', '--detach')).stderr).not.toContain('utopia image warm');
  });

  test('a QEMU whose monitors are objects is told of none by -mon, and is stopped by them', async () => {
    const scenario = { version: '11.1.3', objects: ['iothread', 'monitor-hmp', 'monitor-qmp'] };
    await using lab = await makeLab({ scenario });
    expect((await lab.run('up', '--dry-run')).stdout).not.toMatch(/-mon\b/);
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
    expect(await lab.run('down')).toMatchObject({ status: 0 });
    expect(lab.processes()).toEqual([]);
  });

  test('in the foreground a booted machine will be kept, unless that is declined', async () => {
    await using lab = await makeLab({ scenario: {} });
    const watch = async (...args: readonly string[]): Promise<string> => {
      const up = lab.start('up', ...args);
      await up.sees(/stop {4}/);
      // The card is there, and Ctrl-C ends it as ever.
      up.child.kill('SIGINT');
      const { stderr } = await up.ended;
      expect(stderr).toContain('off after');
      for (const line of stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(lab.processes()).toEqual([]);
      rmSync(join(lab.folder, 'private.qcow2'));
      return stderr;
    };
    expect(await watch()).toContain('once this host is idle, a booted machine is kept');
    expect(await watch('--cold')).not.toContain('booted machine');
    expect(await watch('--', '-device', 'virtio-rng-pci')).not.toContain('booted machine');
    lab.env['UTOPIA_WARM_BASE'] = 'never';
    expect(await watch()).not.toContain('booted machine');
    expect((await lab.run('up', '--detach')).stderr).not.toContain('utopia image warm');
    lab.env['UTOPIA_WARM_BASE'] = 'soon';
    expect((await lab.run('status')).stderr).toContain('which is neither auto nor never');
  });

  test('on a terminal the stages stand in one column, behind a spinner', async () => {
    // A boot that takes a second: some hosts play the whole story before a spinner has turned once.
    const steps = [{ afterClient: true, afterMs: 1_000, boot: true } as const];
    await using lab = await makeLab({ scenario: { steps } });
    const up = await lab.runOnTerminal('up', '--detach');
    expect(up.status).toBe(0);
    expect(up.stdout).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    // A line that the spinner has cleared begins anew at its first column.
    const redrawn = up.stdout.replaceAll('\u001B[1G', '\n');
    const lines = redrawn.split(/[\r\n]+/).map(stripVTControlCharacters);
    for (const stage of ['image', 'ssh']) {
      expect(lines.filter((line) => line.includes(`✓ ${stage} `))).toEqual([
        expect.stringMatching(new RegExp(`^ {2}✓ ${stage} `)),
      ]);
    }
    // No jump of the cursor into the line, which would shift what is printed next.
    expect(up.stdout.split('\u001B[').filter((text) => /^[2-9]\d*G/.test(text))).toEqual([]);
  });

  test('the shared folder and the overlay are made, and the overlay stays', async () => {
    await using lab = await makeLab({ scenario: {} });
    await lab.run('up', '--detach');
    await lab.run('down');
    expect(statSync(join(lab.folder, 'shared')).isDirectory()).toBe(true);
    const overlay = join(lab.folder, 'private.qcow2');
    const before = readFileSync(overlay);
    await lab.run('up', '--detach');
    expect(readFileSync(overlay).equals(before)).toBe(true);
  });

  test('--no-wait returns before SSH answers', async () => {
    await using lab = await makeLab({ scenario: { steps: [] } });
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    const status = JSON.parse((await lab.run('status', '--json')).stdout) as { state: string };
    expect(status.state).toBe('booting');
  });

  test('the console log of the boot before is kept', async () => {
    await using lab = await makeLab({ scenario: {} });
    await lab.run('up', '--detach');
    await lab.run('down');
    await lab.run('up', '--detach');
    const { consoleLog } = lab.paths();
    const before = readFileSync(consoleLog.replace(/\.log$/, '.1.log'), 'utf8');
    expect(before).toContain('Linux version');
  });
});

describe('--dry-run', () => {
  test('prints the plan and touches nothing', async () => {
    await using lab = await makeLab({ scenario: {} });
    const { status, stdout } = await lab.run(
      'up',
      '--dry-run',
      '--json',
      '--',
      '-device',
      'virtio-rng-pci',
    );
    expect(status).toBe(0);
    const { binary, argv, plan } = JSON.parse(stdout) as {
      binary: string;
      argv: string[];
      plan: object;
    };
    expect(binary).toBe(lab.standIn?.binary);
    expect(argv.slice(-2)).toEqual(['-device', 'virtio-rng-pci']);
    expect(plan).toMatchObject({ ssh: { port: lab.sshPort }, overlay: { exists: false } });
    const overlay = join(lab.folder, 'private.qcow2');
    for (const made of [overlay, join(lab.folder, 'shared'), lab.paths().stateDir]) {
      expect(existsSync(made)).toBe(false);
    }
  });

  test('a flag outranks the environment, and that the file', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_MEMORY_MB=512'] });
    lab.env['UTOPIA_MEMORY_MB'] = '600';
    const memory = async (...flags: string[]): Promise<string> => {
      const { stdout } = await lab.run('up', '--dry-run', '--json', ...flags);
      const { argv } = JSON.parse(stdout) as { argv: string[] };
      return argv[argv.indexOf('-m') + 1] ?? '';
    };
    expect(await memory()).toBe('600M');
    expect(await memory('--memory', '2G')).toBe('2048M');
  });
});

describe('what cannot start says why', () => {
  test('a port that is taken, by whom, and which is free', async () => {
    await using lab = await makeLab({ scenario: {} });
    const server = createServer().listen(lab.sshPort, '127.0.0.1');
    try {
      const { status, stderr } = await lab.run('up', '--detach');
      expect(status).toBe(69);
      expect(stderr).toContain(`port ${lab.sshPort} is taken`);
      expect(stderr).toContain(`pid ${process.pid}`);
      expect(stderr).toMatch(/UTOPIA_SSH_PORT=\d+ utopia up/);
    } finally {
      server.close();
    }
  });

  test('auto takes another port, and keeps it', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_SSH_PORT=auto'] });
    expect((await lab.run('up', '--detach')).status).toBe(0);
    const first = (await readState(lab.paths()))?.ssh.port;
    await lab.run('down');
    expect((await lab.run('up', '--detach')).status).toBe(0);
    expect((await readState(lab.paths()))?.ssh.port).toBe(first);
  });

  test('no image and nobody to ask', async () => {
    await using lab = await makeLab({ scenario: {} });
    writeFileSync(join(lab.folder, 'utopia.config'), `QEMU_BUILD_DIR='${lab.standIn?.prefix}'\n`);
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toContain('utopia image build');
    expect(existsSync(join(lab.folder, 'private.qcow2'))).toBe(false);
  });

  test('no QEMU where QEMU_BUILD_DIR says', async () => {
    await using lab = await makeLab({ scenario: {} });
    rmSync(lab.standIn?.binary ?? '');
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toContain('QEMU_BUILD_DIR=');
  });

  test('a QEMU without 9p', async () => {
    const devices = ['virtio-blk-pci', 'virtio-net-pci', 'isa-serial'];
    await using lab = await makeLab({ scenario: { devices } });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toMatch(/was built without\s+virtio-9p-pci/);
  });

  test('a configuration with two errors: both, with their lines', async () => {
    const config = ['UTOPIA_MEMORY_MB=lots', 'UTOPIA_CPUS = 2'];
    await using lab = await makeLab({ scenario: {}, config });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(78);
    expect(stderr).toContain('utopia.config:6');
    expect(stderr).toContain('utopia.config:7');
  });

  test('arguments for QEMU behind --: paths start where the user is', async () => {
    await using lab = await makeLab({ scenario: {}, config: ["UTOPIA_EXTRA_ARGS='-dtb own.dtb'"] });
    writeFileSync(join(lab.folder, 'bzImage'), '');
    const there = await lab.run('up', '--dry-run', '--', '-kernel', 'bzImage');
    expect(there).toMatchObject({ status: 0 });
    expect(there.stdout).toContain(`-kernel ${quoteForShell(join(lab.folder, 'bzImage'))}`);
    expect(there.stdout).toContain(`-dtb ${quoteForShell(join(lab.folder, 'own.dtb'))}`);

    const kernel = await lab.run('up', '--dry-run', '--', '-kernel', 'zImage');
    expect(kernel).toMatchObject({ status: 64 });
    expect(kernel.stderr.replaceAll(/\s+/g, ' ')).toContain(
      `-kernel names ${join(lab.folder, 'zImage')}`,
    );
    const disk = await lab.run('up', '--dry-run', '--', '-drive', 'file=./x,if=ide');
    expect(disk).toMatchObject({ status: 64 });
    expect(disk.stderr).toContain('utopia up --disk ./x');
  });

  test.each([
    ['an unknown option', ['up', '--fast']],
    ['a time-out that is none', ['up', '--timeout', 'soon']],
    ['less silence than can be told', ['up', '--stall', '4.9']],
    ['that of reboot', ['reboot', '--stall', '1']],
    ['that of rescue', ['rescue', '--stall', '1']],
    ['that of kernel install', ['kernel', 'install', '--stall', '1']],
    ['--no-wait alone', ['up', '--no-wait']],
    ['an unknown command', ['upp']],
  ])('%s is a usage error, with where to look', async (_what, args) => {
    await using lab = await makeLab({ scenario: {} });
    const { status, stderr } = await lab.run(...args);
    expect(status).toBe(64);
    expect(stderr).toMatch(/^✗ .*\n(?: {2}.*\n)* {2}Do {2}utopia/);
  });
});
