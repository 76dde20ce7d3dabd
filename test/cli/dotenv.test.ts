import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A person's own .env beside the course's utopia.config, in the commands. QEMU is a stand-in.
needsOfHost('qemu');

/** A described host: doctor need not look at this one. */
const host = join(import.meta.dirname, '../../fixtures/hosts/ubuntu-intel-ok');

function writeDotenv(lab: Lab, ...lines: readonly string[]): void {
  writeFileSync(join(lab.folder, '.env'), `${lines.join('\n')}\n`);
}

test('config --json has origin and line of a value of .env, and config shows them', async () => {
  await using lab = await makeLab({ config: ['UTOPIA_MEMORY_MB=512', 'UTOPIA_CPUS=1'] });
  writeDotenv(lab, '# mine', 'UTOPIA_MEMORY_MB=2G', 'UTOPIA_CPU=3', 'TOKEN=hunter2', 'VERBOSE=1');
  const { status, stdout, stderr } = await lab.run('config', '--json');
  expect([status, stderr]).toEqual([0, '']);
  const file = join(lab.folder, '.env');
  expect(JSON.parse(stdout)).toMatchObject({
    file: join(lab.folder, 'utopia.config'),
    dotenvFile: file,
    values: {
      UTOPIA_MEMORY_MB: { value: 2048, origin: 'dotenv', line: 2 },
      UTOPIA_CPUS: { value: 1, origin: 'file' },
      VERBOSE: { value: false, origin: 'default' },
    },
    warnings: [{ file, line: 3, message: expect.stringContaining('UTOPIA_CPUS') as string }],
    errors: [],
  });
  const shown = await lab.run('config');
  expect(shown.stdout).toMatch(/^utopia\.config · 5 of \d+ keys set\n\.env · 1 key set\n/);
  expect(shown.stdout).toMatch(/^ {2}UTOPIA_MEMORY_MB +\.env:2 +2048$/m);
  expect(shown.stderr).toContain('.env:3: UTOPIA_CPU is not a key of utopia.');
  expect(stdout + shown.stdout + shown.stderr).not.toContain('hunter2');

  writeDotenv(lab, 'UTOPIA_MEMORY_MB=2');
  const refused = await lab.run('status');
  expect(refused.status).toBe(78);
  expect(refused.stderr).toContain('.env:1: UTOPIA_MEMORY_MB is "2"');
});

test('up --dry-run --json plans with it, and flag and environment outrank it', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_MEMORY_MB=512'] });
  writeDotenv(lab, 'UTOPIA_MEMORY_MB=768', 'SHARED_FS_DIR=mine', "UTOPIA_NAME='one of mine'");
  const memory = async (...args: readonly string[]): Promise<unknown> => {
    const planned = await lab.run('up', '--dry-run', '--json', ...args);
    return (JSON.parse(planned.stdout) as { plan: { memoryMiB: number } }).plan.memoryMiB;
  };
  const refused = await lab.run('up', '--dry-run', '--json');
  expect(refused).toMatchObject({ status: 78 });
  expect(refused.stderr).toContain('.env:3: UTOPIA_NAME');
  writeDotenv(lab, 'UTOPIA_MEMORY_MB=768', 'SHARED_FS_DIR=mine');
  const { stdout } = await lab.run('up', '--dry-run', '--json');
  const { plan, argv } = JSON.parse(stdout) as { plan: Record<string, unknown>; argv: string[] };
  expect(plan).toMatchObject({ memoryMiB: 768, sharedDir: join(lab.folder, 'mine') });
  expect(argv).toContain('768M');
  expect(existsSync(join(lab.folder, 'mine'))).toBe(false);
  lab.env['UTOPIA_MEMORY_MB'] = '640';
  expect(await memory()).toBe(640);
  expect(await memory('--memory', '700')).toBe(700);
});

describe('what a .env brings along', () => {
  test('arguments with which QEMU runs programs need consent, and .env is named', async () => {
    await using lab = await makeLab({ scenario: {} });
    writeDotenv(lab, "UTOPIA_EXTRA_ARGS='-sandbox off'");
    const refused = await lab.run('up', '--detach', '--no-wait');
    expect(refused).toMatchObject({ status: 69 });
    expect(refused.stderr).toMatch(/UTOPIA_EXTRA_ARGS of \.env can/);
    expect(lab.processes()).toEqual([]);
    expect(await lab.run('devices', '--yes')).toMatchObject({ status: 0 });
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
  });

  test('a QEMU that it names from its folder on needs consent', async () => {
    await using lab = await makeLab({ scenario: {} });
    const mark = join(lab.folder, 'PWNED');
    const bin = join(lab.folder, '../tools/bin');
    mkdirSync(bin, { recursive: true });
    const qemu = join(bin, 'qemu-system-x86_64');
    writeFileSync(qemu, `#!/bin/sh\ntouch '${mark}'\nexec '${lab.standIn?.binary}' "$@"\n`);
    chmodSync(qemu, 0o755);
    writeDotenv(lab, 'QEMU_BUILD_DIR=../tools');
    const refused = await lab.run('up', '--dry-run');
    expect(refused).toMatchObject({ status: 69 });
    expect(refused.stderr).toContain('utopia devices --yes');
    expect(existsSync(mark)).toBe(false);
  });
});

test('a report of doctor has nothing of a .env but our keys', async () => {
  await using lab = await makeLab({ scenario: {} });
  const secrets = ['DATABASE_URL=postgres://u:hunter2@db', 'UTOPIA_TOKEN=hunter2', "X='hunter2\n'"];
  writeDotenv(lab, ...secrets, 'UTOPIA_MEMORY_MB=768');
  await lab.run('doctor', `--root=${host}`, '--report', 'report.txt');
  const text = readFileSync(join(lab.folder, 'report.txt'), 'utf8');
  expect(text).toContain('UTOPIA_MEMORY_MB = 768 (.env line 5)');
  expect(text).toContain('warning, .env line 2: UTOPIA_TOKEN is not a key of utopia.');
  expect(text).not.toMatch(/hunter2|DATABASE_URL|postgres/);
});

test('a .env alone makes no folder a machine’s, and that of the machine above counts', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_CPUS=1'] });
  writeDotenv(lab, 'UTOPIA_CPUS=2', 'UTOPIA_NAME=mine');
  const sources = join(lab.folder, 'src');
  mkdirSync(sources);
  writeFileSync(join(sources, '.env'), 'UTOPIA_CPUS=9\n');
  const below = await lab.run('-C', 'src', 'config', '--json');
  expect(below.stderr).toContain('(1 folder up)');
  expect(JSON.parse(below.stdout)).toMatchObject({
    values: { UTOPIA_CPUS: { value: 2, line: 1 } },
  });
  // By its name, from anywhere.
  expect((await lab.run('up', '--detach', '--no-wait')).status).toBe(0);
  const named = await lab.run('-C', '/', '-n', 'mine', 'config', '--json');
  expect(JSON.parse(named.stdout)).toMatchObject({ dotenvFile: join(lab.folder, '.env') });
  await lab.run('down', '--force');
  writeDotenv(lab, 'UTOPIA_NAME=later');
  expect((await lab.run('-C', '/', '-n', 'later', 'status')).status).toBe(0);
  // One that others can write to is none to go by in a search.
  chmodSync(join(lab.folder, '.env'), 0o666);
  const open = await lab.run('-C', 'src', 'config', '--json');
  expect(open.stderr).toContain(`.env is not read: others can write to ${lab.folder}/.env.`);
});
