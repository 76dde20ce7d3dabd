import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { makeLab } from '../support/lab.ts';
import { installForAll } from '../support/program.ts';
import { startOnTerminal } from '../support/pseudo-terminal.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Commands in a subfolder of a machine's folder. QEMU is a stand-in.
needsOfHost('qemu', 'root', 'setpriv');

test('in a subfolder every command means the machine above, and says so on stderr', async () => {
  await using lab = await makeLab({ scenario: {}, config: ['UTOPIA_NAME=ask'] });
  const sources = join(lab.folder, 'src/hello');
  mkdirSync(sources, { recursive: true });
  const below = ['-C', 'src/hello'];
  const up = await lab.run(...below, 'up', '--detach');
  expect(up).toMatchObject({ status: 64, stdout: '' });
  expect(up.stderr).toContain(`utopia -C '${lab.folder}' up`);
  expect(up.stderr).toContain('utopia up --here');
  expect((await lab.run('up', '--detach')).status).toBe(0);
  const { stdout, stderr } = await lab.run(...below, 'status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'ask', state: 'running', folder: lab.folder });
  expect(stderr).toBe(`machine of ${lab.folder} (2 folders up)\n`);
  expect((await lab.run(...below, '--quiet', 'status')).stderr).toBe('');
  expect((await lab.run(...below, 'down')).status).toBe(0);
  expect(await findRunning(lab.paths())).toBeUndefined();
  const config = JSON.parse((await lab.run(...below, 'config', '--json')).stdout) as object;
  expect(config).toMatchObject({ file: join(lab.folder, 'utopia.config') });

  // A config of its own makes it another machine, about which nothing is asked.
  const init = await lab.run(...below, 'init');
  expect(init.stderr).toContain('This folder has a machine of its own now');
  expect((await lab.run(...below, 'status')).stderr).toBe('');
});

test('up in a subfolder asks on a terminal', async () => {
  await using lab = await makeLab({ scenario: {} });
  mkdirSync(join(lab.folder, 'src'));
  const no = startOnTerminal(lab, 'cd src && utopia up --detach --no-wait');
  await no.sees(/Start that one\? \[Y\/n\]/);
  no.type('n\r');
  await no.sees(/Make one in this folder\? \[y\/N\]/);
  no.type('\r');
  expect(await no.ended).toBe(69);
  expect(existsSync(join(lab.folder, 'src/private.qcow2'))).toBe(false);
  const yes = startOnTerminal(lab, 'cd src && utopia up --detach --no-wait');
  await yes.sees(/Start that one\? \[Y\/n\]/);
  yes.type('\r');
  expect(await yes.ended).toBe(0);
  expect(await findRunning(lab.paths())).toBeDefined();
});

test("another user's config is not read unless it is named, and a deleted folder is no bug", () => {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o1777);
  const program = join(installForAll(folder.path), 'bin/utopia.js');
  const mine = join(folder.path, 'mine');
  mkdirSync(mine);
  const config = join(folder.path, 'utopia.config');
  writeFileSync(config, 'UTOPIA_NAME=planted\n');
  chownSync(config, 54_002, 54_002);
  chownSync(mine, 54_001, 54_001);
  const run = (cwd: string, ...args: readonly string[]) => {
    const who = ['--reuid=54001', '--regid=54001', '--clear-groups', '--'];
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', XDG_STATE_HOME: mine };
    const script = `cd '${cwd}' && if [ "$1" = gone ]; then shift; rmdir "$PWD"; fi; exec '${process.execPath}' '${program}' "$@"`;
    return spawnSync('setpriv', [...who, 'sh', '-c', script, 'sh', ...args], {
      ...{ cwd: '/', env, encoding: 'utf8' },
    });
  };
  const below = run(mine, 'config', '--json');
  expect(below.stdout).not.toContain('planted');
  expect(below.stderr).toContain(`${config} is not read: user 54002 owns it.`);
  const here = run(folder.path, 'status');
  expect(here.status).toBe(78);
  expect(here.stderr).toContain('utopia --config ./utopia.config');
  expect(run(folder.path, '--config', './utopia.config', 'status').stdout).toContain('planted');
  const gone = join(mine, 'gone');
  mkdirSync(gone);
  chownSync(gone, 54_001, 54_001);
  const missing = run(gone, 'gone', 'status');
  expect(missing.status).toBe(69);
  expect(missing.stderr).toContain('The current folder cannot be found');
});
