import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

/** The Node that runs the built program. */
const node = process.env['UTOPIA_TEST_NODE'] ?? process.execPath;
const program = join(import.meta.dirname, '../../bin/utopia.js');
const hosts = join(import.meta.dirname, '../../fixtures/hosts');

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function surroundings(folder: TemporaryFolder): Record<string, string> {
  return { HOME: folder.path, LANG: 'C.UTF-8', PATH: process.env['PATH'] ?? '' };
}

function doctor(
  folder: TemporaryFolder,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  return spawnSync(node, [program, 'doctor', ...args], {
    cwd: folder.path,
    env: { ...surroundings(folder), ...env },
    encoding: 'utf8',
  });
}

function tree(name: string): string {
  return `--root=${join(hosts, name)}`;
}

test('the answer comes first, and the status tells it to a script', () => {
  using folder = temporaryFolder();
  const good = doctor(folder, [tree('ubuntu-intel-ok')]);
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect(good.stdout.split('\n')[0]).toBe('Labs run, with KVM, at full speed.');
  const slow = doctor(folder, [tree('stale-session')]);
  expect(slow.status).toBe(0);
  expect(slow.stdout).toContain("sg kvm -c 'utopia up'");
  const strict = doctor(folder, ['--require-kvm', tree('stale-session')]);
  expect(strict.status).toBe(69);
  const missing = doctor(folder, [tree('no-qemu-debian')]);
  expect(missing.status).toBe(69);
  expect(missing.stdout).toContain('sudo apt-get install');
  // Nothing is made but what makes the next run start sooner.
  expect(readdirSync(folder.path, { recursive: true, encoding: 'utf8' })).toEqual(
    expect.arrayContaining(['.cache', '.cache/utopia', '.cache/utopia/compiled']),
  );
  expect(readdirSync(folder.path)).toEqual(['.cache']);
  expect(readdirSync(join(folder.path, '.cache/utopia'))).toEqual(['compiled']);
});

test('--json keeps its contract', () => {
  using folder = temporaryFolder();
  const { status, stdout } = doctor(folder, ['--json', tree('not-in-group')]);
  expect(status).toBe(0);
  const report = JSON.parse(stdout) as { readonly checks: readonly { readonly id: string }[] };
  expect(report).toMatchObject({ schema: 1, verdict: 'degraded', accel: 'tcg' });
  expect(report.checks.find(({ id }) => id === 'kvm.group')).toEqual({
    id: 'kvm.group',
    group: 'KVM',
    status: 'warn',
    message: 'alice is not in group kvm',
    cause: 'not-in-group',
    why: expect.any(String),
    evidence: [{ path: '/etc/group', value: 'kvm:993:' }],
    fix: {
      kind: 'auto',
      commands: [{ argv: ['usermod', '-aG', 'kvm', 'alice'], root: true, why: expect.any(String) }],
      after: 'relogin',
    },
  });
});

test('a check that waits for another one is not said to pass', () => {
  using folder = temporaryFolder();
  const waiting = doctor(folder, ['--check', 'kvm.works', '--json', tree('stale-session')]);
  expect(JSON.parse(waiting.stdout)).toMatchObject({
    verdict: 'degraded',
    checks: [{ id: 'kvm.works', status: 'skipped', because: 'kvm.session' }],
  });
  const strict = ['--check', 'kvm.works', '--require-kvm'];
  expect(doctor(folder, [...strict, tree('stale-session')]).status).toBe(69);
  expect(doctor(folder, [...strict, tree('canary-unknown')]).status).toBe(69);
  expect(doctor(folder, [...strict, tree('ubuntu-intel-ok')]).status).toBe(0);
  expect(doctor(folder, ['--check', 'qemu.version', tree('no-qemu-arch')]).status).toBe(69);
  const unread = doctor(folder, ['--check', 'cpu.virt', tree('proc-missing')]);
  expect([unread.status, unread.stdout.split('\n')[0]]).toEqual([
    0,
    'No problem was seen, but 1 of 1 could not be checked.',
  ]);
});

test('--check looks at some, --list names all, and an unknown id is a usage error', () => {
  using folder = temporaryFolder();
  const one = doctor(folder, ['--check', 'net.ports', 'kvm.group', '--json', tree('port-busy')]);
  expect(one.status).toBe(69);
  const { checks } = JSON.parse(one.stdout) as { readonly checks: readonly { id: string }[] };
  expect(checks.map(({ id }) => id)).toEqual(['kvm.group', 'net.ports']);
  expect(doctor(folder, ['--check', 'host.arch', tree('port-busy')]).status).toBe(0);
  expect(doctor(folder, ['--list']).stdout).toMatch(/^kvm\.works +KVM +/m);
  const list = doctor(folder, ['--list']).stdout.split('\n');
  expect(list.filter((line) => line.length > 80)).toEqual([]);
  const page = doctor(folder, ['--explain', 'kvm.session']);
  expect([page.status, page.stdout]).toEqual([0, expect.stringContaining('session-lacks-group')]);
  expect(doctor(folder, ['--explain', 'kvm.sessoin']).status).toBe(64);
  const wrong = doctor(folder, ['--check', 'kvm.wroks']);
  expect([wrong.status, wrong.stdout]).toEqual([64, '']);
  expect(doctor(folder, ['--root', '/nowhere']).status).toBe(64);
});

test('a config with errors is one failure, and the lab’s checks say what they wait for', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'utopia.config'), 'UTOPIA_MEMORY_MB=lots\n');
  const { status, stdout } = doctor(folder, ['--json', tree('ubuntu-intel-ok')]);
  expect(status).toBe(69);
  const { checks } = JSON.parse(stdout) as {
    readonly checks: readonly { id: string; status: string; because?: string; message: string }[];
  };
  const lab = checks.filter(({ id }) => /^(lab|image|net|disk|mem)\./.test(id));
  expect(lab.find(({ id }) => id === 'lab.config')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('utopia.config:1'),
  });
  for (const { id, because } of lab.filter((each) => each.id !== 'lab.config')) {
    expect([id, because]).toEqual([id, 'lab.config']);
  }
});

test('a port that is really taken is named with its holder and another one', async () => {
  using folder = temporaryFolder();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // The server lives in this process, so this one must not be blocked while it runs.
  const child = spawn(node, [program, 'doctor', '--check', 'net.ports'], {
    cwd: folder.path,
    env: { ...surroundings(folder), UTOPIA_SSH_PORT: String(port), UTOPIA_VNC: 'off' },
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  server.close();
  expect(status).toBe(69);
  expect(text).toContain(`pid ${process.pid}`);
  expect(text).toMatch(/UTOPIA_SSH_PORT=\d+ utopia up/);
});

test('a QEMU that hangs does not hang the doctor', () => {
  using folder = temporaryFolder();
  const bin = join(folder.path, 'qemu/bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['qemu-system-x86_64', 'qemu-img']) {
    writeFileSync(join(bin, name), '#!/bin/sh\nexec sleep 600\n');
    chmodSync(join(bin, name), 0o755);
  }
  const { status, stdout } = doctor(folder, ['--json'], {
    QEMU_BUILD_DIR: join(folder.path, 'qemu'),
  });
  expect(status).toBe(69);
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly { id: string }[] };
  expect(checks.find(({ id }) => id === 'qemu.version')).toMatchObject({
    status: 'fail',
    cause: 'qemu-silent',
  });
});

test('--for judges the host for other work, and nothing else looks at that', () => {
  using folder = temporaryFolder();
  const host = tree('builds-some-things');
  const kernel = doctor(folder, ['--for', 'kernel', '--json', host]);
  const report = JSON.parse(kernel.stdout) as {
    readonly schema: number;
    readonly verdict: string;
    readonly checks: readonly { readonly id: string; readonly group: string }[];
  };
  expect([kernel.status, report.schema, report.verdict]).toEqual([69, 1, 'not-ready']);
  expect(report.checks.map(({ id }) => id)).toEqual([
    'build.compiler',
    'kernel.programs',
    'kernel.libs',
    'kernel.menu',
    'kernel.extras',
  ]);
  expect(doctor(folder, ['--for', 'module', host]).status).toBe(0);
  const lab = JSON.parse(doctor(folder, ['--json', host]).stdout) as typeof report;
  expect([lab.verdict, lab.checks.some(({ group }) => group === 'Work')]).toEqual(['ready', false]);
  const script = doctor(folder, ['--for', 'kernel,qemu', '--fix', '--dry-run', host]).stdout;
  expect(script).toContain('sudo apt-get install -y --no-install-recommends flex libelf-dev');
  expect(doctor(folder, ['--for', 'cars']).status).toBe(64);
  expect(doctor(folder, ['--for', 'kernel', '--report', '-']).status).toBe(64);
});
