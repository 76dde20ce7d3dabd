import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import type { StandInScenario, StandInStep } from '../support/stand-in.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// `utopia ssh` as it is typed. QEMU is a stand-in; ssh is one too, since nobody is behind the port.
needsOfHost('qemu', 'ssh');

/** An ssh that writes down its last argument and ends as the test wants. */
function fakeSsh(folder: string, action: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const record = `for last; do :; done; printf '%s\\n' "$last" >>'${folder}/commands'`;
  const script = `#!/bin/sh\n[ "$1" = -V ] && exit 0\ncase "$*" in *ControlMaster=yes*) exit 0 ;; esac\nlog=$4\n${record}\ncase $last in *authorized_keys*) exit 0 ;; esac\n${action}\n`;
  writeFileSync(join(bin, 'ssh'), script);
  chmodSync(join(bin, 'ssh'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

async function runningLab(
  folder: string,
  action: string,
  scenario: StandInScenario = {},
): Promise<Lab> {
  const lab = await makeLab({ scenario, env: fakeSsh(folder, action) });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  return lab;
}

/** What befalls the guest when the test says so. */
function told(step: StandInStep): StandInScenario {
  return { steps: [{ boot: true }, { whenTold: true, ...step }] };
}

describe('with a machine that runs', () => {
  test.each([0, 1, 42, 255])('a command’s status %i is passed on', async (status) => {
    using folder = temporaryFolder();
    await using lab = await runningLab(folder.path, `echo out; echo err >&2; exit ${status}`);
    expect(await lab.run('ssh', '--', 'true')).toMatchObject({
      status,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  describe('a build that fails is met with the reason, behind what it said itself', () => {
    const complaint =
      'make: *** /lib/modules/6.1.0-9-amd64/build: No such file or directory.  Stop.';
    const action = `cat; printf 'out\\r\\n'; printf '\\033[01mmake\\033[m%s\\n' '${complaint.slice(4)}' >&2; exit 2`;

    test.each([
      ['ssh', '--', 'make -C shared'],
      ['ssh', '--', 'cd shared && make'],
      ['exec', 'make', '-j2'],
    ])('%s %s %s %s', async (...words) => {
      using folder = temporaryFolder();
      await using lab = await runningLab(folder.path, action);
      const ended = await lab.run(...words);
      expect(ended).toMatchObject({ status: 2, stdout: 'out\r\n' });
      const [said, reason] = ended.stderr.split('\n');
      expect(said).toBe(`\u001B[01mmake\u001B[m${complaint.slice(4)}`);
      expect(reason).toBe("! The headers of this guest's kernel, 6.1.0-9-amd64, are not in it.");
    });

    test('not with --quiet, and not for a program that builds nothing', async () => {
      using folder = temporaryFolder();
      await using lab = await runningLab(folder.path, action);
      for (const words of [
        ['--quiet', 'exec', 'make'],
        ['exec', 'cmake-gui'],
      ]) {
        expect((await lab.run(...words)).stderr).not.toContain('headers');
      }
    });

    test('its input goes in, whatever it prints comes out, and a reader that goes ends it', async () => {
      using folder = temporaryFolder();
      await using lab = await runningLab(folder.path, 'head -c 3000000 /dev/zero; cat; exec yes');
      const script = `printf in | "$@" ssh -- make | head -c 3000002 | tail -c 2`;
      const words = ['-c', script, 'sh', ...lab.command];
      const piped = await execa('sh', words, { env: lab.env, extendEnv: false, cwd: lab.folder });
      expect(piped.stdout).toBe('in');
    });
  });

  test('several words reach the guest as they were typed, one is a line of shell', async () => {
    using folder = temporaryFolder();
    await using lab = await runningLab(folder.path, 'exit 0');
    await lab.run('ssh', '--', 'sh', '-c', 'echo $HOME');
    await lab.run('ssh', '--', 'dmesg | tail');
    const commands = readFileSync(join(folder.path, 'commands'), 'utf8').split('\n');
    expect(commands.slice(-3, -1)).toEqual(["sh -c 'echo $HOME'", 'dmesg | tail']);
  });

  test('exec runs a program with exactly these arguments; -- may be left out', async () => {
    using folder = temporaryFolder();
    await using lab = await runningLab(folder.path, 'cat; exit 5');
    const result = await lab.run('exec', 'grep', '-q', "it's; $HOME", '');
    expect(result).toMatchObject({ status: 5, stdout: '', stderr: '' });
    await lab.run('exec', '--', 'FOO=bar');
    const commands = readFileSync(join(folder.path, 'commands'), 'utf8').split('\n');
    expect(commands.slice(-3, -1)).toEqual([
      String.raw`exec grep -q 'it'\''s; $HOME' ''`,
      "exec 'FOO=bar'",
    ]);
  });

  test('a port that belongs to somebody else by now is not even connected to', async () => {
    using folder = temporaryFolder();
    await using lab = await runningLab(folder.path, 'exit 0');
    let connections = 0;
    const foreign = createServer(() => (connections += 1)).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const { port } = foreign.address() as AddressInfo;
    try {
      const { stateFile } = lab.paths();
      const state = JSON.parse(readFileSync(stateFile, 'utf8')) as object;
      writeFileSync(stateFile, JSON.stringify({ ...state, ssh: { host: '127.0.0.1', port } }));
      for (const command of [
        ['ssh', '--', 'true'],
        ['exec', 'true'],
        ['cp', 'utopia.config', ':'],
      ]) {
        const result = await lab.run(...command);
        expect(result.status).toBe(69);
        expect(result.stderr).toContain(`Port ${port} does not lead to this machine.`);
        expect(result.stderr).toContain(`pid ${process.pid}`);
      }
      expect(connections).toBe(0);
      expect(existsSync(join(folder.path, 'commands'))).toBe(false);
    } finally {
      foreign.close();
    }
  });

  describe('a session ends with its guest, though its connection does not', () => {
    const end = '[   12.3] \u001B[1m---[ end Kernel panic - not syncing: Fatal exception ]---\r\n';

    test.each([
      [{ firmware: 'SeaBIOS (version 1.16)\n' }, 'was reset'],
      [
        { console: end, processors: 'panicked', ssh: 'silent' },
        'Kernel panic - not syncing: Fatal exception',
      ],
      [
        { console: '[ 9.1] reboot: System halted\r\n', processors: 'halted' },
        'The guest has halted',
      ],
    ] as const)('%j', async (step, words) => {
      using folder = temporaryFolder();
      await using lab = await runningLab(folder.path, 'echo on; exec sleep 600', told(step));
      const session = lab.start('exec', 'true');
      await session.sees(/on/);
      lab.standIn?.tell();
      const result = await session.ended;
      expect(result.status).toBe(69);
      expect(result.stderr).toContain(words);
    });

    test('but not because it prints that it has panicked', async () => {
      using folder = temporaryFolder();
      const step: StandInStep = { console: `${end}reboot: System halted\r\n`, processors: 'busy' };
      const action = `echo on; while [ ! -e '${folder.path}/over' ]; do sleep 0.1; done; exit 3`;
      await using lab = await runningLab(folder.path, action, told(step));
      const session = lab.start('exec', 'true');
      await session.sees(/on/);
      lab.standIn?.tell();
      // Its guest was looked at by then.
      await expect
        .poll(() => lab.standIn?.monitored().length ?? 0, { timeout: 60_000 })
        .toBeGreaterThan(2);
      writeFileSync(join(folder.path, 'over'), '');
      expect(await session.ended).toMatchObject({ status: 3 });
    });

    test('a command that the kernel’s crash killed ends with a word about it', async () => {
      using folder = temporaryFolder();
      const console = [
        '[    9.000000] BUG: kernel NULL pointer dereference, address: 0000000000000028',
        '[    9.000001] #PF: supervisor read access in kernel mode',
        '[    9.000002] Oops: 0000 [#1] PREEMPT SMP NOPTI',
        '[    9.000003] CPU: 0 PID: 812 Comm: insmod Tainted: G           O       6.1.0',
        '[    9.000004] RIP: 0010:null_read_value+0x10/0x20 [null_read]',
        '[    9.000005] ---[ end trace 0000000000000000 ]---',
      ].join('\r\n');
      const log = '"$HOME"/.local/state/utopia/*/console.log';
      const action = `printf '%s\\n' '${console}' >> $(ls ${log}); exit 255`;
      await using lab = await runningLab(folder.path, action);
      const result = await lab.run('ssh', '--', 'insmod', 'null.ko');
      expect(result.status).toBe(255);
      expect(result.stderr.split(/\s+/).join(' ')).toMatch(
        /crashed during this command: BUG: kernel NULL pointer dereference, address: 0+28 utopia oops/,
      );
    });

    test('one that stood still before is not connected to, until it was reset', async () => {
      using folder = temporaryFolder();
      const step: StandInStep = { console: end, processors: 'panicked', ssh: 'silent' };
      await using lab = await runningLab(folder.path, 'exit 0', told(step));
      const { consoleLog, firmwareLog } = lab.paths();
      lab.standIn?.tell();
      await expect.poll(() => readFileSync(consoleLog, 'utf8')).toContain('Fatal exception');
      const result = await lab.run('ssh', '--', 'true');
      expect(result.status).toBe(69);
      expect(result.stderr).toContain('  Kernel panic - not syncing: Fatal exception\n');
      const status = (await lab.run('status')).stdout;
      expect(status).toContain('its kernel has panicked');
      expect(status).not.toContain('utopia ssh');
      expect((await lab.run('ls')).stdout).toContain('panicked');
      appendFileSync(firmwareLog, 'SeaBIOS (version 1.16)\n');
      expect((await lab.run('status')).stdout).not.toContain('panicked');
      appendFileSync(consoleLog, 'GRUB loading.\r\n');
      expect((await lab.run('ssh', '--', 'true')).stderr).toContain('still booting');
    });
  });

  test('ssh’s own trouble is explained and is no status of the command', async () => {
    using folder = temporaryFolder();
    const action = 'echo "Host key verification failed." >>"$log"; exit 255';
    await using lab = await runningLab(folder.path, action);
    const result = await lab.run('ssh', '--', 'true');
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('shows another host key than before');
  });
});

test('a machine that does not run is not waited for', async () => {
  await using lab = await makeLab({ scenario: {} });
  const result = await lab.run('ssh');
  expect(result.status).toBe(69);
  expect(result.stderr).toContain('utopia up');
});

test('a guest that still boots is said to', async () => {
  await using lab = await makeLab({ scenario: { steps: [] } });
  expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
  const result = await lab.run('ssh', '--', 'true');
  expect(result.status).toBe(69);
  expect(result.stderr).toContain('still booting');
});

describe('cp refuses before it starts', () => {
  test.each([
    [['cp', 'a'], 64, 'the other is missing'],
    [['cp', 'a', 'b'], 64, 'None of the paths is in the guest'],
    [['cp', ':a', ':b'], 64, 'both in the guest'],
    [['cp', ':a', 'b', 'c'], 64, 'b is on the host'],
    [['cp', 'not here', ':'], 69, 'not here on the host'],
    [['cp', ':a', ':b', 'utopia.config'], 69, 'is no folder'],
    [['cp', ':a', 'none/x'], 69, 'There is no folder'],
    [['cp', 'utopia.config', ':'], 69, 'does not run'],
  ])('%j', async (args, status, words) => {
    await using lab = await makeLab({ scenario: {} });
    const result = await lab.run(...args);
    expect(result.stderr).toContain(words);
    expect(result.status).toBe(status);
  });
});
