import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Several machines of one user: each config folder is one. QEMU is a stand-in.
needsOfHost('qemu');

test('ls shows machines from any folder; -n addresses one', async () => {
  await using one = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
  await using two = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask2'], env: one.env });
  expect((await one.run('ls')).stdout).toBe('No machines yet; utopia up in a folder makes one.\n');
  expect((await one.run('up', '--detach')).status).toBe(0);
  expect((await two.run('up', '--detach')).status).toBe(0);

  const { stdout } = await one.run('-C', tmpdir(), 'ls', '--json');
  const { schema, machines } = JSON.parse(stdout) as { schema: number; machines: object[] };
  expect(schema).toBe(1);
  expect(machines).toHaveLength(2);
  expect(machines[0]).toMatchObject({
    name: 'ask1',
    state: 'running',
    folder: one.folder,
    pid: (await findRunning(one.paths()))?.qemu.pid,
    ssh: { port: one.sshPort },
    memory: { guestMiB: 1024 },
  });

  const status = JSON.parse((await one.run('-n', 'ask2', 'status', '--json')).stdout) as object;
  expect(status).toMatchObject({ name: 'ask2', state: 'running', folder: two.folder });
  expect((await one.run('down', '-n', 'ask2')).stdout).toContain('ask2 is off');
  expect(await findRunning(one.paths())).toBeDefined();

  const table = await two.run('ls');
  expect(table.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['NAME', 'STATE', 'SSH'],
    ['ask1', 'running', String(one.sshPort)],
    ['ask2', 'stopped', '.'],
    [''],
  ]);
  expect(table.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);

  rmSync(two.folder, { recursive: true });
  expect(await one.run('ls')).toMatchObject({
    stdout: expect.not.stringContaining('ask2') as string,
    stderr: '1 more, whose folders are gone: utopia ls --all\n',
  });
  expect((await one.run('ls', '--all')).stdout).toMatch(/ask2 .*\(gone\)/);
});

test('a name that nobody has, or two have, is refused with what there is', async () => {
  await using one = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask'] });
  await using two = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask'], env: one.env });
  const none = await one.run('-n', 'ask', 'status');
  expect(none).toMatchObject({ status: 69, stdout: '' });
  expect(none.stderr).toContain('No machine of yours was ever started');
  await one.run('up', '--detach', '--no-wait');
  await two.run('up', '--detach', '--no-wait');

  const both = await one.run('-n', 'ask', 'down');
  expect(both.status).toBe(69);
  expect(both.stderr).toContain('2 machines are called "ask"');
  for (const lab of [one, two]) expect(both.stderr).toContain(lab.paths().id);
  expect((await one.run('-n', two.paths().id, 'down')).status).toBe(0);
  expect(await findRunning(two.paths())).toBeUndefined();
  expect(await findRunning(one.paths())).toBeDefined();

  const unknown = await one.run('-n', 'sak', 'status');
  expect(unknown.stderr).toContain(two.paths().id);
  const twice = await one.run('-n', 'ask', '--config', 'x', 'status');
  expect(twice).toMatchObject({ status: 64 });
});

test('a port that another lab has is refused with its name and the way to stop it', async () => {
  await using one = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
  await using two = await makeLab({
    scenario: {},
    config: [`UTOPIA_SSH_PORT=${one.sshPort}`],
    env: one.env,
  });
  await one.run('up', '--detach');
  const pid = (await findRunning(one.paths()))?.qemu.pid;
  const { status, stderr } = await two.run('up', '--detach');
  expect(status).toBe(69);
  expect(stderr).toContain(`The machine cannot start: port ${one.sshPort} is taken.`);
  expect(stderr).toMatch(new RegExp(`By  .*pid ${pid} of .*, started .*: your lab "ask1"`));
  expect(stderr).toMatch(/^ {2}Do {2}utopia -n ask1 down$/m);
  expect(stderr).toMatch(/^ {6}UTOPIA_SSH_PORT=\d+ utopia up/m);
  expect((await two.run('-n', 'ask1', 'down')).status).toBe(0);
  expect((await two.run('up', '--detach', '--no-wait')).status).toBe(0);
});

test('doctor tells a port of this lab from one of another lab, and how to end that one', async () => {
  await using one = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask1'] });
  await one.run('up', '--detach');
  // Without a QEMU doctor runs no canary, which the stand-in would not end.
  const config = ['QEMU_BUILD_DIR=/nowhere', `UTOPIA_SSH_PORT=${one.sshPort}`];
  await using two = await makeLab({ config, env: one.env });
  const other = await two.run('doctor', '--check', 'net.ports');
  expect(other.status).toBe(69);
  expect(other.stdout).toContain(`SSH port ${one.sshPort} is taken by your lab "ask1"`);
  expect(other.stdout).toMatch(/^ +utopia -n ask1 down$/m);
  one.writeConfig(config);
  const own = await one.run('doctor', '--check', 'net.ports');
  expect(own.stdout).toContain(`${one.sshPort} held by this lab’s machine`);
  expect(own.status).toBe(0);
});

test('auto takes free ports, keeps them, and leaves those of other labs alone', async () => {
  const config = ['UTOPIA_SSH_PORT=auto', 'UTOPIA_VNC=auto'];
  await using one = await makeLab({ scenario: {}, config });
  await using two = await makeLab({ scenario: {}, config, env: one.env });
  const portsOf = async (lab: typeof one) => {
    const { ssh, vnc } = (await findRunning(lab.paths()))?.state?.plan ?? {};
    return [ssh?.port, vnc !== undefined && 'display' in vnc ? vnc.display : undefined];
  };
  const both = await Promise.all([one, two].map(async (lab) => await lab.run('up', '--detach')));
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  const [first, second] = [await portsOf(one), await portsOf(two)];
  expect(first[0]).toBeGreaterThanOrEqual(22_223);
  expect(first[0]).not.toBe(second[0]);
  expect(first[1]).not.toBe(second[1]);

  await one.run('down');
  await two.run('down');
  await two.run('up', '--detach', '--no-wait');
  expect(await portsOf(two)).toEqual(second);
  await two.run('down');
  const dry = JSON.parse((await one.run('up', '--dry-run', '--json')).stdout) as {
    plan: { ssh: { port: number } };
  };
  expect(dry.plan.ssh.port).toBe(first[0]);
  await one.run('up', '--detach', '--no-wait');
  expect(await portsOf(one)).toEqual(first);
});
