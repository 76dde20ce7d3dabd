import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { installForAll } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const node = process.env['UTOPIA_TEST_NODE'] ?? process.execPath;
const program = join(import.meta.dirname, '../../bin/utopia.js');
const hosts = join(import.meta.dirname, '../../fixtures/hosts');

/** The usual ones may be anybody's on this host. */
const freePorts = { UTOPIA_SSH_PORT: 'auto', UTOPIA_VNC: 'off' };

/** A port that this process holds while the function runs. */
async function whileTaken(run: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  try {
    await run(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    server.close();
  }
}

test('a busy port is changed in utopia.config, with a copy kept and everything else as it was', async () => {
  await whileTaken(async (port) => {
    await using lab = await makeLab();
    const config = join(lab.folder, 'utopia.config');
    const text = readFileSync(config, 'latin1').replace(
      /UTOPIA_SSH_PORT=\d+/,
      `  UTOPIA_SSH_PORT="${port}"   # \xe8\xfd\xf1\xe1`,
    );
    writeFileSync(config, text, 'latin1');
    const silent = await lab.run('doctor', '--fix', 'net.ports');
    expect([silent.status, readFileSync(config, 'latin1')]).toEqual([69, text]);
    expect(silent.stderr).toContain('--yes');
    const fixed = await lab.run('doctor', '--fix', 'net.ports', '--yes', '--json');
    const outcome = JSON.parse(fixed.stdout) as { readonly fixed: readonly { name: string }[] };
    expect(outcome.fixed.map(({ name }) => name)).toEqual(['settings']);
    const after = readFileSync(config, 'latin1');
    const chosen = /UTOPIA_SSH_PORT="(\d+)" {3}# \xe8\xfd\xf1\xe1\n/.exec(after)?.[1];
    expect(Number(chosen)).toBeGreaterThan(port);
    expect(after).toBe(text.replace(`"${port}"`, `"${chosen}"`));
    const copies = readdirSync(lab.folder).filter((name) => name.startsWith('utopia.config.'));
    expect(copies.map((name) => readFileSync(join(lab.folder, name), 'latin1'))).toEqual([text]);
    const again = await lab.run('doctor', '--fix', 'net.ports', '--yes');
    expect(again.stdout).toContain('nothing here that --fix could mend');
    expect(readFileSync(config, 'latin1')).toBe(after);
  });
});

test('the script of --dry-run does what --fix does, also twice', async () => {
  await whileTaken(async (port) => {
    await using lab = await makeLab();
    const config = join(lab.folder, 'utopia.config');
    writeFileSync(config, readFileSync(config, 'utf8').replace(/PORT=\d+/, `PORT=${port} # mine`));
    const { status, stdout } = await lab.run('doctor', '--fix', 'net.ports', '--dry-run');
    expect([status, readdirSync(lab.folder)]).toEqual([0, ['utopia.config']]);
    expect(spawnSync('sh', ['-n'], { input: stdout }).status).toBe(0);
    for (let round = 0; round < 2; round += 1) {
      expect(spawnSync('sh', [], { input: stdout }).status).toBe(0);
      expect(readFileSync(config, 'utf8')).toMatch(/UTOPIA_SSH_PORT=\d+ # mine\n/);
      expect(readFileSync(config, 'utf8')).not.toContain(`=${port} `);
    }
  });
});

test('QEMU is installed by the package manager, as root, and looked for again', () => {
  using folder = temporaryFolder();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const log = join(folder.path, 'log');
  const install = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of ['sh', 'chmod', 'cat']) symlinkSync(`/bin/${name}`, join(bin, name));
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) install('sudo', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  install(
    'apt-get',
    `echo "$@" >> ${log}
case "$*" in *qemu-utils*)
  for name in qemu-system-x86_64 qemu-img ssh; do
    echo '#!/bin/sh' > ${bin}/$name; chmod 755 ${bin}/$name
  done;;
update) echo "a source does not answer" >&2; exit 100;;
esac`,
  );
  const result = spawnSync(node, [program, 'doctor', '--fix', '--yes', '--json'], {
    cwd: folder.path,
    env: { PATH: bin, HOME: folder.path, LANG: 'C.UTF-8', ...freePorts },
    encoding: 'utf8',
  });
  expect(existsSync(log) ? readFileSync(log, 'utf8').split('\n') : result.stderr).toEqual([
    'update',
    expect.stringMatching(/^install -y .*qemu-system-x86 qemu-utils openssh-client$/),
    '',
  ]);
  const outcome = JSON.parse(result.stdout) as { readonly fixed: readonly { name: string }[] };
  expect(outcome.fixed.map(({ name }) => name)).toContain('packages');
});

test('what a kernel build lacks is installed, and the verdict is about kernels alone', () => {
  using folder = temporaryFolder();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const log = join(folder.path, 'log');
  const install = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of ['sh', 'chmod', 'cat']) symlinkSync(`/bin/${name}`, join(bin, name));
  if (process.getuid?.() !== 0) {
    install('sudo', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  }
  // A compiler that finds every header once its package is there.
  const programs = 'gcc make flex bison bc perl xz depmod mke2fs git python3 pahole cpio rsync';
  install(
    'apt-get',
    `echo "$@" >> ${log}
case "$*" in *build-essential*)
  for name in ${programs}; do
    echo '#!/bin/sh' > ${bin}/$name; chmod 755 ${bin}/$name
  done;;
esac`,
  );
  const run = (...args: readonly string[]) =>
    spawnSync(node, [program, 'doctor', '--for', 'kernel', ...args], {
      cwd: folder.path,
      env: { PATH: bin, HOME: folder.path, LANG: 'C.UTF-8', ...freePorts },
      encoding: 'utf8',
    });
  const before = run();
  expect([before.status, before.stdout]).toEqual([
    69,
    expect.stringMatching(/^This host cannot build a kernel yet: gcc.* missing/),
  ]);
  const { status, stdout } = run('--fix', '--yes', '--json');
  const outcome = JSON.parse(stdout) as { readonly fixed: readonly { name: string }[] };
  expect([status, outcome.fixed.map(({ name }) => name)]).toEqual([0, ['work-packages']]);
  expect(readFileSync(log, 'utf8')).not.toContain('qemu');
  expect(run().stdout).toContain('This host can build a kernel');
});

test('a fix that fails is told with its last words, and is no success', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'apt-get'), '#!/bin/sh\necho "no space left" >&2\nexit 100\n');
  chmodSync(join(folder.path, 'apt-get'), 0o755);
  writeFileSync(
    join(folder.path, 'sudo'),
    '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n',
  );
  chmodSync(join(folder.path, 'sudo'), 0o755);
  symlinkSync('/bin/sh', join(folder.path, 'sh'));
  const { status, stdout } = spawnSync(node, [program, 'doctor', '--fix', '--yes'], {
    cwd: folder.path,
    env: { PATH: folder.path, HOME: folder.path, LANG: 'C.UTF-8', ...freePorts },
    encoding: 'utf8',
  });
  expect(status).toBe(69);
  expect(stdout).toMatch(/Not fixed\n.*apt-get install/);
  expect(stdout).toContain('| no space left');
});

test('a described host is planned for, never mended', () => {
  using folder = temporaryFolder();
  const run = (...args: readonly string[]) =>
    spawnSync(node, [program, 'doctor', `--root=${join(hosts, 'not-in-group')}`, ...args], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path, LANG: 'C.UTF-8', ...freePorts },
      encoding: 'utf8',
    });
  expect(run('--fix', '--yes').status).toBe(64);
  const { status, stdout } = run('--fix', '--dry-run');
  expect([status, stdout]).toEqual([0, expect.stringContaining('\nsudo usermod -aG kvm alice\n')]);
  expect(run('--dry-run').status).toBe(64);
  expect(run('--fix', 'no.such').status).toBe(64);
});

test('Ctrl-C lets the command that runs end, and starts no other one', async () => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'log');
  for (const name of ['sh', 'sleep']) symlinkSync(`/bin/${name}`, join(folder.path, name));
  const install = (name: string, text: string): void => {
    writeFileSync(join(folder.path, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder.path, name), 0o755);
  };
  install('apt-get', `echo "begun $1" >> ${log}; sleep 1; echo "ended $1" >> ${log}`);
  install('sudo', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  // A group of its own, as a terminal gives to what runs in the foreground.
  const child = spawn(node, [program, 'doctor', '--fix', '--yes'], {
    cwd: folder.path,
    env: { PATH: folder.path, HOME: folder.path, LANG: 'C.UTF-8', ...freePorts },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => (text += part.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
  expect([await ended, readFileSync(log, 'utf8')]).toEqual([130, 'begun update\nended update\n']);
  expect(text).toContain('interrupted before');
  expect(text).toContain('utopia doctor --fix goes on');
});

test('without sudo what needs root is left to the user, and not asked for', () => {
  using folder = temporaryFolder();
  const lab = join(folder.path, 'lab');
  mkdirSync(lab);
  chmodSync(folder.path, 0o755);
  chmodSync(lab, 0o777);
  symlinkSync('/bin/sh', join(lab, 'sh'));
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  // Neither the checkout nor another Node that the tests were given need be readable to nobody.
  const installed = join(installForAll(folder.path), 'bin/utopia.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [installed, 'doctor', '--fix'], {
    cwd: lab,
    env: { PATH: lab, HOME: lab, LANG: 'C.UTF-8', ...freePorts },
    encoding: 'utf8',
    ...user,
  });
  if (existsSync('/usr/bin/sudo')) {
    // There is one on this host: then nobody is here to agree.
    expect([status, stderr]).toEqual([69, expect.stringContaining('--yes')]);
    return;
  }
  expect([status, stderr]).toEqual([69, '']);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /there is no sudo(; in a terminal, su asks for root’s password)?\. As root: utopia doctor --fix --dry-run \| sh/,
  );
});
