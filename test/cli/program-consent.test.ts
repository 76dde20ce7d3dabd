import { chmodSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A QEMU that comes with the lab's folder is run only when its user agrees.
needsOfHost('qemu');

/** A lab with a QEMU in its own folder that leaves a mark when it is run, in whatever way. */
async function labWithOwnQemu(): Promise<Lab & { readonly mark: string; readonly qemu: string }> {
  const lab = await makeLab({ scenario: {} });
  const mark = join(lab.folder, 'PWNED');
  const prefix = lab.standIn?.prefix ?? '';
  cpSync(prefix, join(lab.folder, 'tools'), { recursive: true, verbatimSymlinks: true });
  const qemu = join(lab.folder, 'tools/bin/qemu-system-x86_64');
  writeFileSync(qemu, `#!/bin/sh\ntouch '${mark}'\nexec '${lab.standIn?.binary}' "$@"\n`);
  chmodSync(qemu, 0o755);
  lab.writeConfig(['QEMU_BUILD_DIR=./tools', 'UTOPIA_ACCEL=tcg', 'UTOPIA_WARM_BASE=never']);
  return Object.assign(lab, { mark, qemu });
}

const commands = [
  ['up', '--detach', '--no-wait'],
  ['up', '--dry-run'],
  ['devices'],
  ['run', '--', 'true'],
  ['image', 'warm'],
] as const;

describe('a QEMU below the lab’s folder', () => {
  test.each(commands.map((words) => [words] as const))('is not run by utopia %s', async (words) => {
    await using lab = await labWithOwnQemu();
    const ended = await lab.run(...words);
    expect(ended).toMatchObject({ status: 69 });
    expect(ended.stderr).toContain('utopia devices --yes');
    expect(existsSync(lab.mark)).toBe(false);
  });

  test('is not run by doctor, which says so', async () => {
    await using lab = await labWithOwnQemu();
    const { checks } = JSON.parse((await lab.run('doctor', '--json')).stdout) as {
      checks: { id: string; cause?: string }[];
    };
    expect(checks.find(({ id }) => id === 'qemu.binary')?.cause).toBe('consent-needed');
    expect(existsSync(lab.mark)).toBe(false);
  });

  test('runs when it was agreed to, and a rebuild asks nothing', async () => {
    await using lab = await labWithOwnQemu();
    expect(await lab.run('devices', '--yes')).toMatchObject({ status: 0 });
    expect(existsSync(lab.mark)).toBe(true);
    const file = join(lab.env['HOME'] ?? '', '.local/state/utopia/trusted-programs.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      paths: [lab.qemu, expect.any(String)],
    });
    writeFileSync(lab.qemu, readFileSync(lab.qemu, 'utf8').replace('touch', '/bin/touch'));
    expect(await lab.run('up', '--dry-run')).toMatchObject({ status: 0 });
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
  });

  test('is never run where others can change it, agreed to or not', async () => {
    await using lab = await labWithOwnQemu();
    expect(await lab.run('devices', '--yes')).toMatchObject({ status: 0 });
    for (const path of [lab.qemu, join(lab.folder, 'tools/bin'), lab.folder]) {
      const { mode } = statSync(path);
      chmodSync(path, 0o777);
      const ended = await lab.run('devices', '--yes');
      expect([path, ended.status]).toEqual([path, 69]);
      expect(ended.stderr).toMatch(/others can\s+change it/);
      chmodSync(path, mode & 0o7777);
    }
  });
});

test('a QEMU elsewhere that others can change is not run either', async () => {
  await using lab = await makeLab({ scenario: {} });
  expect(await lab.run('devices')).toMatchObject({ status: 0 });
  const bin = join(lab.standIn?.prefix ?? '', 'bin');
  chmodSync(bin, 0o777);
  expect((await lab.run('devices')).stderr).toMatch(/others can\s+change it/);
  chmodSync(bin, 0o1777);
  expect(await lab.run('devices')).toMatchObject({ status: 0 });
});

test('a QEMU that the file names from its own folder on came along with it, beside the lab, too', async () => {
  await using lab = await makeLab({ scenario: {} });
  const prefix = relative(lab.folder, lab.standIn?.prefix ?? '');
  expect(prefix).toMatch(/^\.\./);
  lab.writeConfig([`QEMU_BUILD_DIR='${prefix}'`]);
  for (const words of [['devices'], ['up', '--dry-run']]) {
    const refused = await lab.run(...words);
    expect(refused).toMatchObject({ status: 69 });
    expect(refused.stderr).toContain('utopia devices --yes');
  }
  expect(await lab.run('devices', '--yes')).toMatchObject({ status: 0 });
  expect(await lab.run('up', '--dry-run')).toMatchObject({ status: 0 });
});

describe('arguments of the file with which QEMU runs programs', () => {
  const script = 'UTOPIA_EXTRA_ARGS="-sandbox off -netdev tap,id=x,script=./evil"';

  test.each([[['up', '--detach', '--no-wait']], [['run', '--', 'true']], [['image', 'warm']]])(
    'are given to no QEMU by utopia %s',
    async (words) => {
      await using lab = await makeLab({ scenario: {}, config: [script] });
      const refused = await lab.run(...words);
      expect(refused).toMatchObject({ status: 69 });
      expect(refused.stderr).toContain('tap,id=x,script=./evil');
      expect(refused.stderr).toContain('utopia devices --yes');
      expect(lab.processes()).toEqual([]);
    },
  );

  test('are agreed to once, as they are', async () => {
    await using lab = await makeLab({ scenario: {}, config: [script] });
    expect(await lab.run('devices', '--yes')).toMatchObject({ status: 0 });
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });
    await lab.run('down', '--force');
    lab.writeConfig([script.replace('evil', 'other')]);
    expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 69 });
  });

  test('are one’s own behind --, and in the environment', async () => {
    await using lab = await makeLab({
      scenario: {},
      env: { UTOPIA_EXTRA_ARGS: '-sandbox off' },
    });
    const started = await lab.run('up', '--detach', '--no-wait', '--', '-D', '/dev/null');
    expect(started.status, started.stderr).toBe(0);
  });
});
