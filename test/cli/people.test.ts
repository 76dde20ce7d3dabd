import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostRootVariable } from '../../src/host/find-people.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A host with other people on it, and one without; QEMU is a stand-in.
needsOfHost('qemu');

const hosts = join(import.meta.dirname, '../../fixtures/hosts');
const shared = { [hostRootVariable]: join(hosts, 'shared-two-accounts') };

/** Takes the setting of the screen out of a lab's config: the default holds. */
function leaveScreenOpen(lab: Lab): void {
  const file = join(lab.folder, 'utopia.config');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^UTOPIA_VNC=.*\n/m, ''));
}

/** Whether anything listens on this port of loopback. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

interface DryRun {
  readonly argv: readonly string[];
  readonly plan: { readonly vnc?: unknown; readonly vncBecause?: string };
}

async function dryRun(lab: Lab, ...more: readonly string[]): Promise<DryRun> {
  const { status, stdout, stderr } = await lab.run('up', '--dry-run', '--json', ...more);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as DryRun;
}

test('the screen that nobody placed is at a private socket where others are, and the plan says why', async () => {
  await using lab = await makeLab({ scenario: {}, env: shared });
  leaveScreenOpen(lab);
  const { argv, plan } = await dryRun(lab);
  expect(argv[argv.indexOf('-vnc') + 1]).toBe(
    `unix:${lab.paths().vncSocket.replaceAll(',', ',,')}`,
  );
  expect(plan.vncBecause).toMatch(/^Other people can be on this host, .*UTOPIA_VNC=127\.0\.0\.1:0/);
  const config = JSON.parse((await lab.run('config', '--json')).stdout) as {
    readonly values: Readonly<Record<string, unknown>>;
  };
  expect(config.values['UTOPIA_VNC']).toEqual({ value: '127.0.0.1:0', origin: 'default' });

  const up = await lab.run('up', '--detach', '--no-wait');
  expect(up.stdout).toContain('utopia vnc   (a socket for you alone)');
  expect(up.stdout).toContain("the guest reaches this host's loopback; UTOPIA_NETWORK=none closes");
  expect(up.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  const status = JSON.parse((await lab.run('status', '--json')).stdout) as object;
  expect(status).toMatchObject({
    network: 'full',
    vnc: { socket: lab.paths().vncSocket },
    vncBecause: plan.vncBecause,
    others: { accounts: ['anna', 'babis', 'chara'], count: 4 },
  });
});

test.each([
  ['the file', { config: ['UTOPIA_VNC=127.0.0.1:7'] }, []],
  ['the environment', { env: { UTOPIA_VNC: '127.0.0.1:7' } }, []],
  ['a flag', {}, ['--vnc', '127.0.0.1:7']],
])('a display that %s names is served there all the same', async (_, options, flags) => {
  const env = { ...shared, ...('env' in options ? options.env : {}) };
  await using lab = await makeLab({ scenario: {}, ...options, env });
  const { argv, plan } = await dryRun(lab, ...flags);
  expect(argv[argv.indexOf('-vnc') + 1]).toBe('127.0.0.1:7');
  expect(plan.vncBecause).toBeUndefined();
});

test('on a host of one’s own nothing of this is said or changed', async () => {
  await using lab = await makeLab({ scenario: {} });
  leaveScreenOpen(lab);
  const { argv, plan } = await dryRun(lab, '--vnc', 'auto');
  expect(argv[argv.indexOf('-vnc') + 1]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(plan).not.toHaveProperty('vncBecause');
  const up = await lab.run('up', '--detach', '--no-wait', '--vnc', 'auto');
  expect(up.stdout + up.stderr).not.toMatch(/network|others|shared host|alone/);
  const status = JSON.parse((await lab.run('status', '--json')).stdout) as object;
  expect(status).not.toHaveProperty('others');
});

test('UTOPIA_NETWORK=none: restrict=on beside the forwards, on the card, and mount --sshfs says why not', async () => {
  await using lab = await makeLab({
    scenario: { ssh: 'banner' },
    config: ['UTOPIA_NETWORK=none', 'UTOPIA_FORWARDS=18080:80'],
  });
  const { argv } = await dryRun(lab);
  expect(argv[argv.indexOf('-netdev') + 1]).toBe(
    `user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:${lab.sshPort}-:22,hostfwd=tcp:127.0.0.1:18080-:80`,
  );
  expect((await dryRun(lab, '--network', 'full')).argv.join(' ')).not.toContain('restrict');
  const up = await lab.run('up', '--detach');
  expect(up.stdout).toContain('network  the guest reaches nothing (UTOPIA_NETWORK=none)');
  const mount = await lab.run('mount', '--sshfs');
  expect(mount).toMatchObject({ status: 69 });
  expect(mount.stderr).toMatch(/UTOPIA_NETWORK=none\.[\s\S]*UTOPIA_NETWORK=full utopia up/);
});

test('another word for the network is refused', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_NETWORK=host'] });
  const refused = await lab.run('up', '--dry-run');
  expect(refused.status).toBe(78);
  expect(refused.stderr).toMatch(
    /UTOPIA_NETWORK is "host".*neither full nor none[\s\S]*full or none/,
  );
});

describe('UTOPIA_LOGIN=key', () => {
  test('no port leads to SSH before passwords are closed, whoever asks for one', async () => {
    const config = ['UTOPIA_LOGIN=key', 'UTOPIA_FORWARDS="18022:22 18081:80"'];
    await using lab = await makeLab({ scenario: { ssh: 'banner' }, env: shared, config });
    const { argv } = await dryRun(lab);
    expect(argv[argv.indexOf('-netdev') + 1]).toBe('user,id=net0,hostfwd=tcp:127.0.0.1:18081-:80');
    const up = await lab.run('up', '--detach', '--no-wait');
    expect(up.status, up.stderr).toBe(0);
    expect(up.stdout).toContain(`port ${lab.sshPort} is closed; utopia login key opens it`);
    expect(up.stdout + up.stderr).not.toMatch(/root \/ root|can log in/);
    expect(await greets(lab.sshPort)).toBe(false);
    const status = JSON.parse((await lab.run('status', '--json')).stdout) as object;
    expect(status).toMatchObject({ sshOpen: false });
    expect(status).not.toHaveProperty('login');
    const forward = await lab.run('forward', '18023:22');
    expect(forward).toMatchObject({ status: 69 });
    expect(forward.stderr).toMatch(/before passwords are closed[\s\S]*utopia login key/);
    const expose = await lab.run('expose', '--expose-anyway');
    expect(expose.stderr).toContain('UTOPIA_SSH_INTERFACE');
    expect(await greets(lab.sshPort)).toBe(false);
  });

  test('a word that is no way in is refused', async () => {
    await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_LOGIN=keys'] });
    expect(await lab.run('up', '--dry-run')).toMatchObject({ status: 78 });
    expect((await lab.run('login', 'nobody')).status).toBe(64);
  });
});

test('up says once who else gets in, and what closes it', async () => {
  await using lab = await makeLab({ scenario: {}, env: shared });
  const up = await lab.run('up', '--detach', '--no-wait');
  expect(up.stderr).toContain(
    `shared host: anna and 3 others can log in to the guest at port ${lab.sshPort}`,
  );
  expect(up.stderr).toMatch(/utopia\s+login\s+key/);
  expect(up.stderr.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(up.stdout).not.toMatch(/others|utopia login/);
  const quiet = await lab.run('--quiet', 'up', '--ensure');
  expect(quiet.stderr).not.toContain('log in');
  expect(quiet.stdout).toContain('  others   anna and 3 others can log in too: utopia login key');
  expect((await lab.run('status')).stdout).toContain('anna and 3 others can log in too');
});

test('every account of a directory is somebody else', async () => {
  const env = { [hostRootVariable]: join(hosts, 'shared-ldap') };
  await using lab = await makeLab({ scenario: {}, env });
  const up = await lab.run('up', '--detach', '--no-wait');
  expect(up.stderr).toContain('shared host: every account of ldap can log in');
});
