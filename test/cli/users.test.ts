import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installStandInForAll } from '../support/program.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Two users of one host, each with a machine of the same name. QEMU is a stand-in.
needsOfHost('qemu', 'root', 'setpriv');

/** User ids that no account of a test host has. */
const alice = 54_001;
const bob = 54_002;

interface Listed {
  readonly name: string;
  readonly folder: string;
  readonly pid: number;
  readonly ssh: { readonly port: number };
  readonly vnc: { readonly display: number };
}

test('machines of two users neither collide nor can be touched by the other', () => {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o1777);
  const { program, qemu } = installStandInForAll(folder.path);
  const pids: number[] = [];

  function makeUser(uid: number) {
    const home = join(folder.path, `home-${uid}`);
    const lab = join(home, 'lab');
    mkdirSync(lab, { recursive: true });
    writeFileSync(join(lab, 'base.raw'), Buffer.alloc(1 << 20));
    const common = ['QCOW2_BACKING_FILE=./base.raw', `QEMU_BUILD_DIR=${qemu}`, 'UTOPIA_ACCEL=tcg'];
    const writeConfig = (name: string, ...lines: readonly string[]): void =>
      writeFileSync(join(lab, name), [...common, ...lines, ''].join('\n'));
    writeConfig('utopia.config', 'UTOPIA_SSH_PORT=auto', 'UTOPIA_VNC=auto', 'UTOPIA_NAME=lab');
    for (const path of [home, lab]) chownSync(path, uid, uid);
    const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
      const who = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
      const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: folder.path, ...more };
      return spawnSync('setpriv', [...who, process.execPath, program, ...args], {
        ...{ cwd: lab, env, timeout: 60_000, encoding: 'utf8' },
      });
    };
    const list = (): readonly Listed[] =>
      (JSON.parse(run(['ls', '--json']).stdout) as { machines: Listed[] }).machines;
    return { home, lab, writeConfig, run, list };
  }

  try {
    const [hers, his] = [makeUser(alice), makeUser(bob)];
    for (const user of [hers, his]) {
      const up = user.run(['up', '--detach', '--no-wait']);
      expect(up.status, up.stderr).toBe(0);
      pids.push(...user.list().map(({ pid }) => pid));
      expect(user.list().map(({ name, folder: own }) => [name, own])).toEqual([['lab', user.lab]]);
    }
    const [her] = hers.list();
    const [him] = his.list();
    expect(her?.ssh.port).not.toBe(him?.ssh.port);
    expect(her?.vnc.display).not.toBe(him?.vnc.display);

    // Her config file named, her state folder named, her port asked for: nothing of hers is his.
    const herConfig = join(hers.lab, 'utopia.config');
    expect(his.run(['--config', herConfig, 'down']).stdout).toContain('lab is not running');
    const herState = { XDG_STATE_HOME: join(hers.home, '.local/state') };
    expect(his.run(['up', '--detach', '--no-wait'], herState).status).toBe(73);
    expect(his.run(['ls'], herState).stdout).toContain('No machines yet');
    his.writeConfig(
      'other.config',
      `UTOPIA_SSH_PORT=${her?.ssh.port}`,
      'QCOW2_PRIVATE_FILE=./other.qcow2',
      'UTOPIA_VNC=off',
    );
    const busy = his.run(['--config', 'other.config', 'up', '--detach', '--no-wait']);
    expect(busy.status).toBe(69);
    expect(busy.stderr).toContain(`a process of user id ${alice}`);
    expect(busy.stderr).not.toContain('your lab');

    expect(his.run(['-n', 'lab', 'down', '--force']).stdout).toContain('lab is off');
    expect(hers.list().map(({ pid }) => pid)).toEqual([her?.pid]);
    expect(hers.run(['down', '--force']).stdout).toContain('lab is off');
  } finally {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It was stopped as it should be.
      }
    }
  }
});
