import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Machines without a utopia.config, from other folders. QEMU is a stand-in.
needsOfHost('qemu');

/** A lab whose settings are all in the environment: the folder has no config. */
async function labWithoutConfig(): Promise<Lab> {
  const lab = await makeLab({ scenario: {} });
  rmSync(join(lab.folder, 'utopia.config'));
  Object.assign(lab.env, {
    QEMU_BUILD_DIR: lab.standIn?.prefix,
    QCOW2_BACKING_FILE: join(lab.folder, '../base.raw'),
    UTOPIA_ACCEL: 'tcg',
    UTOPIA_VNC: 'off',
    UTOPIA_SSH_PORT: String(lab.sshPort),
  });
  return lab;
}

const describedHost = join(import.meta.dirname, '../../fixtures/hosts/ubuntu-intel-ok');

/** Every command that is about a machine, as it ends when that does not run. */
const commands: readonly (readonly string[])[] = [
  ['status'],
  ['down'],
  ['logs'],
  ['console'],
  ['screenshot'],
  ['vnc'],
  ['key', 'ret'],
  ['sysrq', 't'],
  ['forward', '8080'],
  ['ssh', '--', 'true'],
  ['exec', 'true'],
  ['cp', ':x', '/nonexistent/x'],
  ['ssh-config'],
  ['mount'],
  ['oops'],
  ['passwd'],
  ['login'],
  ['expose'],
  ['run', '--from', 'nosuch', '--', 'true'],
  ['suspend'],
  ['snapshot', 'save', 'x'],
  ['snapshot', 'list'],
  ['snapshot', 'restore', 'nosuch'],
  ['snapshot', 'show', 'nosuch'],
  ['snapshot', 'remove', 'nosuch'],
  ['undo'],
  ['config'],
  ['disks'],
  ['sensors'],
  ['sensors', 'use', 'none'],
  ['image', 'rebase', '--yes'],
  ['image', 'cool'],
  // Of a described host: on this one it would wait for KVM in the stand-in, for a minute.
  ['doctor', '--root', describedHost, '--check', 'lab.config'],
  ['up', '--dry-run'],
];

/** Commands that are tried at the same time. */
const sideBySide = 4;

test('-n names a machine without a config to every command, from another folder', async () => {
  await using lab = await labWithoutConfig();
  expect((await lab.run('up', '--detach')).status).toBe(0);
  const { id } = lab.paths();
  const named = ['-C', tmpdir(), '-n', id];
  const status = await lab.run(...named, 'status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running', folder: lab.folder });
  expect((await lab.run(...named, 'down')).status).toBe(0);
  expect(await findRunning(lab.paths())).toBeUndefined();
  const tryCommand = async (words: readonly string[]): Promise<void> => {
    const { status: ended, stderr } = await lab.run(...named, ...words);
    const what = `${words.join(' ')}: ${stderr}`;
    expect([0, 64, 69, 70, 75], what).toContain(ended);
    expect(stderr, what).not.toMatch(/--config|has a bug/);
  };
  // Side by side, each starts with the next one in line: those that wait leave the processors free.
  const line = commands.values();
  const tryRest = async (): Promise<void> => {
    for (const words of line) await tryCommand(words);
  };
  await Promise.all(Array.from({ length: sideBySide }, tryRest));
  // It takes the machine away from under the others.
  await tryCommand(['reset', '--yes']);
  expect((await lab.run(...named, 'up', '--detach', '--no-wait')).status).toBe(0);
  expect(await findRunning(lab.paths())).toBeDefined();
});

test('-n finds a machine that was renamed, and ends one whose folder has moved away', async () => {
  await using lab = await labWithoutConfig();
  await lab.run('up', '--detach', '--no-wait');
  writeFileSync(join(lab.folder, 'utopia.config'), 'UTOPIA_NAME=newname\n');
  const renamed = await lab.run('-C', tmpdir(), '-n', 'newname', 'status', '--json');
  // Whether its SSH was heard by then depends on how busy this host is.
  const state: unknown = expect.stringMatching(/^(?:booting|running)$/);
  expect(JSON.parse(renamed.stdout)).toMatchObject({ state, folder: lab.folder });
  renameSync(lab.folder, `${lab.folder} moved`);
  const named = ['-C', tmpdir(), '-n', lab.paths().id];
  await using other = await makeLab({ env: lab.env });
  expect((await other.run(...named, 'down')).status).toBe(0);
  expect(await findRunning(lab.paths())).toBeUndefined();
  const up = await other.run(...named, 'up', '--detach');
  expect(up).toMatchObject({ status: 69, stdout: '' });
  // The message breaks at a blank of the folder's name.
  expect(up.stderr.replaceAll(/\s+/g, ' ')).toContain(`this machine is gone: ${lab.folder}`);
});
