import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/boot.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The built program as a user runs it; QEMU is a stand-in with a screen of two pixels.
needsOfHost('qemu');

/** A viewer that writes down what it was to show. */
function installViewer(lab: Lab): string {
  const bin = join(lab.env['HOME'] ?? '', 'bin');
  const seen = join(bin, 'seen');
  mkdirSync(bin, { recursive: true });
  const program = join(bin, 'xtigervncviewer');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}'\n`);
  chmodSync(program, 0o755);
  lab.env['PATH'] = `${bin}:${process.env['PATH']}`;
  return seen;
}

test('screenshot writes a PNG, whole or not at all', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
  const off = await lab.run('screenshot');
  expect(off).toMatchObject({ status: 69 });
  expect(off.stderr).toMatch(/ask1 is not running\.\n {2}Do {2}utopia up/);
  await lab.run('up', '--detach', '--no-wait');

  const named = await lab.run('screenshot', 'οθόνη.png');
  expect(named).toMatchObject({ status: 0, stdout: expect.stringContaining('2x1') as string });
  const { width, height, data } = decode(readFileSync(join(lab.folder, 'οθόνη.png')));
  expect([width, height, ...data]).toEqual([2, 1, 255, 0, 0, 0, 0, 255]);

  await lab.run('screenshot');
  expect(readdirSync(lab.folder).some((name) => /^ask1-\d{8}-\d{6}\.png$/.test(name))).toBe(true);
  const nowhere = await lab.run('screenshot', 'no/such/folder.png');
  expect(nowhere).toMatchObject({ status: 73 });
  expect(readdirSync(lab.paths().stateDir).filter((name) => name.includes('ppm'))).toEqual([]);
});

test('the draft of a screenshot is written through no link', async () => {
  // The process keeps the shell's number.
  const trap = 'ln -s ../victim "shot.png.$$.part" && exec "$@"';
  await using lab = await makeLab({ scenario: {}, within: ['sh', '-c', trap, 'sh'] });
  const victim = join(lab.folder, '../victim');
  writeFileSync(victim, 'as it was');
  await lab.run('up', '--detach', '--no-wait');
  expect(await lab.run('screenshot', 'shot.png')).toMatchObject({ status: 0 });
  expect(readFileSync(victim, 'utf8')).toBe('as it was');
});

test('a QEMU that has not opened its sockets yet is waited for, one that is gone is not', async () => {
  await using lab = await makeLab({ scenario: { openAfterMs: 1_500 } });
  await lab.run('up', '--detach', '--no-wait');
  expect(await lab.run('screenshot', 'early.png')).toMatchObject({ status: 0 });
  await lab.run('down', '--force');
  expect(await lab.run('screenshot', 'late.png')).toMatchObject({ status: 69 });
});

test('key and sysrq press keys; the console’s answer is told', async () => {
  const keys = {
    'ctrl-alt-delete': 'rebooting\r\n',
    'alt-sysrq-t': '[   50.000000] sysrq: Show State\r\n[   50.1] task:init\r\n',
    'alt-sysrq-w': '[   50.000000] sysrq: This sysrq operation is disabled.\r\n',
  };
  await using lab = await makeLab({ scenario: { keys }, config: ['UTOPIA_NAME=ask1'] });
  await lab.run('up', '--detach');
  expect(await lab.run('key', 'ctrl-alt-del')).toMatchObject({ status: 0 });
  expect((await lab.run('logs')).stdout).toContain('rebooting');
  const wrong = await lab.run('key', 'ctrl-alt-delx');
  expect(wrong).toMatchObject({ status: 64 });
  expect(wrong.stderr).toContain('"delx" in "ctrl-alt-delx" is not the name of a key. Meant del?');
  expect(await lab.run('key')).toMatchObject({ status: 64 });
  expect((await lab.run('key', '--list')).stdout).toMatch(/\bctrl_r\b/);

  expect(await lab.run('sysrq', 't')).toMatchObject({ status: 0, stdout: 'Show State\n' });
  const disabled = await lab.run('sysrq', 'w');
  expect(disabled).toMatchObject({ status: 69, stdout: '' });
  expect(disabled.stderr).toMatch(/SysRq w disabled[^]*utopia ssh -- sysctl kernel\.sysrq=1/);
  const silent = await lab.run('sysrq', 'm');
  expect(silent).toMatchObject({ status: 69, stdout: '' });
  expect(silent.stderr).toMatch(/Alt-SysRq-m was pressed[^]*shows no answer[^]*utopia screenshot/);
  expect(JSON.parse((await lab.run('sysrq', 'm', '--json')).stdout)).toMatchObject({
    answer: null,
  });
  expect(await lab.run('sysrq', 'ctrl')).toMatchObject({ status: 64 });
  expect((await lab.run('sysrq')).stdout).toMatch(/^ {2}t {2}show every task/m);
});

describe('utopia vnc', () => {
  test('opens the installed viewer on the display, or on the private socket', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_VNC=auto'] });
    const seen = installViewer(lab);
    lab.env['DISPLAY'] = ':9';
    await lab.run('up', '--detach', '--no-wait');
    expect(await lab.run('vnc')).toMatchObject({ status: 0 });
    expect(readFileSync(seen, 'utf8')).toMatch(/^127\.0\.0\.1:\d+\n$/);
    await lab.run('down', '--force');

    lab.writeConfig(['UTOPIA_VNC=unix']);
    await lab.run('up', '--detach', '--no-wait');
    expect(await lab.run('vnc')).toMatchObject({ status: 0 });
    expect(readFileSync(seen, 'utf8')).toBe(`${lab.paths().vncSocket}\n`);
  });

  test('prints the tunnel in an ssh login, and says where there is no desktop or screen', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_VNC=auto'] });
    const seen = installViewer(lab);
    await lab.run('up', '--detach', '--no-wait');
    expect((await lab.run('vnc')).stdout).toContain('There is no desktop here');
    Object.assign(lab.env, { DISPLAY: ':9', SSH_CONNECTION: '192.0.2.1 5000 192.0.2.7 2222' });
    expect((await lab.run('vnc')).stdout).toMatch(
      /ssh -N -L 5901:127\.0\.0\.1:59\d\d -p 2222 \S+@192\.0\.2\.7\n.*\n {2}vncviewer localhost:1/,
    );
    expect(existsSync(seen)).toBe(false);
    await lab.run('down', '--force');
    lab.writeConfig(['UTOPIA_VNC=off']);
    await lab.run('up', '--detach', '--no-wait');
    expect(await lab.run('vnc')).toMatchObject({ status: 69 });
  });

  test('never leaves this host', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_VNC=0.0.0.0:0'] });
    const { status, stderr } = await lab.run('up', '--detach');
    expect(status).toBe(78);
    expect(stderr).toMatch(/would show the screen to the\s+network/);
  });
});

describe('utopia forward', () => {
  test('opens a port through the monitor; conflicts are named', async () => {
    const [port, refusedPort] = [await freePort(), await freePort()];
    const table = `  TCP[HOST_FORWARD]  12  127.0.0.1 ${port + 1}  10.0.2.15    80     0     0\n`;
    await using lab = await makeLab({
      scenario: {
        monitor: {
          'info usernet': table,
          [`hostfwd_add net0 tcp:127.0.0.1:${refusedPort}-:81`]:
            'could not set up host forwarding rule\r\n',
          [`hostfwd_remove net0 tcp:127.0.0.1:${port + 1}`]: 'host forwarding rule removed\r\n',
        },
      },
    });
    expect(await lab.run('forward', '8080:80')).toMatchObject({ status: 69 });
    await lab.run('up', '--detach', '--no-wait');
    const added = await lab.run('forward', `${port}:80`);
    expect(added).toMatchObject({ status: 0 });
    expect(added.stdout).toBe(`127.0.0.1:${port} leads to port 80 of the guest.\n`);
    expect(added.stderr).toContain(`UTOPIA_FORWARDS="${port}:80"`);
    expect((await lab.run('forward', `${port + 1}:80`)).stdout).toContain('is there already');

    const other = await lab.run('forward', `${port + 1}:81`);
    expect(other).toMatchObject({ status: 69 });
    expect(other.stderr).toContain(`utopia forward --remove ${port + 1}:80`);
    const refused = await lab.run('forward', `${refusedPort}:81`);
    expect(refused.stderr).toMatch(/could not set up host forwarding\s+rule/);
    const taken = await lab.run('forward', `${lab.sshPort}:81`);
    expect(taken).toMatchObject({ status: 69 });
    expect(taken.stderr).toMatch(/is taken\.\n {2}By {2}.*your lab/);
    expect(await lab.run('forward', '80:80')).toMatchObject({ status: 64 });
    expect(await lab.run('forward', '--remove')).toMatchObject({ status: 64 });

    expect((await lab.run('forward', '--remove', String(port + 1))).stdout).toContain('is closed');
    expect((await lab.run('forward')).stdout).toMatch(
      new RegExp(`127.0.0.1:${port + 1} +80 +tcp +until the machine is off`),
    );
  });

  test('UTOPIA_FORWARDS is part of every start, and a busy port refuses it', async () => {
    await using one = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
    const port = await freePort();
    await using two = await makeLab({
      scenario: {},
      config: [`UTOPIA_FORWARDS='${port}:80 ${port}:80/udp'`],
      env: one.env,
    });
    const dry = JSON.parse((await two.run('up', '--dry-run', '--json')).stdout) as {
      argv: string[];
    };
    expect(dry.argv.join(' ')).toContain(
      `hostfwd=tcp:127.0.0.1:${port}-:80,hostfwd=udp:127.0.0.1:${port}-:80`,
    );
    await one.run('up', '--detach');
    two.writeConfig([`UTOPIA_FORWARDS=${one.sshPort}:80`]);
    const { status, stderr } = await two.run('up', '--detach');
    expect(status).toBe(69);
    expect(stderr).toMatch(/port \d+ \(UTOPIA_FORWARDS\) is taken\.[^]*your lab "ask1"/);
  });
});
