import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { freePort } from '../support/boot.ts';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { startOnTerminal } from '../support/pseudo-terminal.ts';
import { needsOfHost } from '../support/requirements.ts';

// Two machines at once, and everything with which a running one is looked at: one
// boot serves all of it.
needsOfHost('qemu', 'image-tools', 'ssh', 'script', 'vncsnapshot');

/** What a port says within four seconds. */
async function readFrom(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', (error) => (text += error.message));
  // Not once(): that throws what is the answer here.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([closed, sleep(4_000)]);
  socket.destroy();
  return text;
}

/** Perl that answers whoever connects to a port of the guest. */
function answerOn(port: number): string {
  return [
    `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 5, ReuseAddr => 1) or die;`,
    `while ($c = $s->accept) { print $c "port ${port}\\n"; close $c }`,
  ].join(' ');
}

test('two machines; screen, keys, console, forwards, and logs over a reboot', async () => {
  const backing = await testImage();
  const auto = ['UTOPIA_SSH_PORT=auto', 'UTOPIA_MEMORY_MB=512'];
  const port = await freePort();
  const kept = `UTOPIA_FORWARDS=${port}:7000`;
  await using one = await makeLab({
    backing,
    config: [...auto, 'UTOPIA_NAME=one', 'UTOPIA_VNC=auto', kept],
  });
  await using two = await makeLab({
    backing,
    config: [...auto, 'UTOPIA_NAME=two', 'UTOPIA_VNC=unix'],
    env: one.env,
  });
  const ups = await Promise.all([one, two].map(async (lab) => await lab.run('up', '--detach')));
  expect(
    ups.map(({ status }) => status),
    ups.map(({ stderr }) => stderr).join('\n'),
  ).toEqual([0, 0]);

  const { machines } = JSON.parse((await one.run('ls', '--json')).stdout) as {
    machines: { name: string; state: string; ssh: { port: number }; vnc: { display: number } }[];
  };
  expect(machines.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'one running',
    'two running',
  ]);
  expect(machines[0]?.ssh.port).not.toBe(machines[1]?.ssh.port);
  expect(machines[1]).toMatchObject({ vnc: { socket: two.paths().vncSocket } });
  expect(
    (machines[0] as unknown as { memory: { residentBytes: number } }).memory.residentBytes,
  ).toBeGreaterThan(100e6);
  expect((await one.run('-n', 'two', 'ssh', '--', 'hostname')).status).toBe(0);

  // The screen, as a picture of ours and by a public client.
  const shot = join(one.folder, 'screen.png');
  expect(await one.run('screenshot', shot)).toMatchObject({ status: 0 });
  const picture = decode(readFileSync(shot));
  expect(picture.width).toBeGreaterThanOrEqual(640);
  expect(picture.height).toBeGreaterThanOrEqual(400);
  expect(new Set(picture.data).size).toBeGreaterThan(1);
  const jpeg = join(one.env['HOME'] ?? '', 'screen.jpg');
  const display = `127.0.0.1:${machines[0]?.vnc.display}`;
  const client = spawnSync('vncsnapshot', ['-quiet', display, jpeg], { timeout: 60_000 });
  expect(client.stderr.toString()).not.toMatch(/unable|refused|error/i);
  expect(existsSync(jpeg)).toBe(true);
  expect((await two.run('screenshot', 'two.png')).status).toBe(0);
  expect((await two.run('down')).stdout).toContain('two is off');
  expect(existsSync(two.paths().vncSocket)).toBe(false);

  // SysRq: the kernel's answer on its console; a quiet kernel is made to speak first.
  expect((await one.run('sysrq', '8')).status).toBe(0);
  expect((await one.run('sysrq', 'w')).stdout).toBe('Show Blocked State\n');
  expect((await one.run('sysrq', 't')).stdout).toBe('Show State\n');
  await expect
    .poll(async () => (await one.run('logs')).stdout, { timeout: 60_000 })
    .toMatch(/sysrq: Show State[^]*task:/);

  // The console: a login, a command, and its words in the log.
  const console = startOnTerminal(one, 'utopia console');
  await console.sees(/opens the menu/);
  console.type('\r');
  await console.sees(/login:/);
  console.type('root\r');
  await console.sees(/Password:/);
  console.type('root\r');
  await console.sees(/root@\S+:~#/);
  console.type('echo $((6*7))-console\r');
  await console.sees(/42-console/);
  console.type('\u001Ds');
  console.type('stty size\r');
  await console.sees(/24 80/);
  console.type('\u001Dq');
  expect(await console.ended).toBe(0);
  expect((await one.run('logs')).stdout).toContain('42-console');

  // Forwards: one of the config, one that is added while the machine runs.
  for (const where of [7000, 7001]) {
    const listen = ['sh', '-c', `perl -e '${answerOn(where)}' </dev/null >/dev/null 2>&1 &`];
    expect((await one.run('ssh', '--', ...listen)).status).toBe(0);
  }
  const added = await freePort();
  expect((await one.run('forward', `${added}:7001`)).status).toBe(0);
  await expect.poll(async () => await readFrom(port), { timeout: 30_000 }).toBe('port 7000\n');
  await expect.poll(async () => await readFrom(added), { timeout: 30_000 }).toBe('port 7001\n');
  const rows = (await one.run('forward', '--list')).stdout;
  expect(rows).toMatch(new RegExp(`:${port} +7000 +tcp +UTOPIA_FORWARDS`));
  expect(rows).toMatch(new RegExp(`:${added} +7001 +tcp +until the machine is off`));
  expect((await one.run('forward', '--remove', String(added))).status).toBe(0);
  expect(await readFrom(added)).toContain('ECONNREFUSED');

  // The log is followed over a reboot of the guest.
  const follow = one.start('logs', '-f');
  await follow.sees(/Welcome to .*Debian/);
  await one.run('key', 'ctrl-alt-del');
  await follow.sees(/Welcome to .*Debian[^]*Welcome to .*Debian/);
  follow.child.kill('SIGINT');
  expect((await follow.ended).status).toBe(130);
  expect((await one.run('down', '--force')).status).toBe(0);
  expect(one.processes()).toEqual([]);
});
