import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { installStandInForAll } from '../support/program.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Shares of other users. QEMU is a stand-in; root and user id 54001 are real.
needsOfHost('qemu', 'root', 'setpriv', 'user-namespaces');

/** User ids that no account of a test host has. */
const [anna, other] = [54_001, 54_002];

interface Told {
  readonly pid: number;
  readonly shareWriters: { readonly user: string; readonly root: string; readonly what?: string };
}

const told = (stdout: string): Told => JSON.parse(stdout) as Told;
/** A card without its line breaks. */
const unfolded = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('card and status follow who can write to the share, whose mode changes while it runs', async () => {
  await using lab = await makeLab({ scenario: {} });
  const shared = join(lab.folder, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o755);
  const up = await lab.run('up', '--detach', '--no-wait');
  expect(up).toMatchObject({ status: 0 });
  const ofRoot = 'user cannot write there (yours, id 0); root can: utopia ssh';
  expect(unfolded(up.stdout)).toContain(ofRoot);
  expect(unfolded((await lab.run('status')).stdout)).toContain(ofRoot);

  chownSync(shared, other, other);
  const anothers = told((await lab.run('status', '--json')).stdout).shareWriters;
  expect(anothers).toEqual({
    user: 'no',
    root: 'yes',
    what: `user cannot write there (id ${other} owns it)`,
    next: 'root can: utopia ssh',
  });

  chownSync(shared, 1000, 1000);
  expect((await lab.run('status')).stdout).not.toContain('cannot');
  const can = told((await lab.run('status', '--json')).stdout).shareWriters;
  expect(can).toEqual({ user: 'yes', root: 'yes' });
});

test('a share of one’s own is user’s in the guest, one of another is nobody’s to write', () => {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  const { program, qemu } = installStandInForAll(folder.path);
  const [home, lab] = [join(folder.path, 'home'), join(folder.path, 'home/lab')];
  const shared = join(lab, 'shared');
  mkdirSync(shared, { recursive: true });
  writeFileSync(join(lab, 'base.raw'), Buffer.alloc(1 << 20));
  const config = ['QCOW2_BACKING_FILE=./base.raw', `QEMU_BUILD_DIR=${qemu}`, 'UTOPIA_ACCEL=tcg'];
  const lines = [...config, 'UTOPIA_SSH_PORT=auto', 'UTOPIA_VNC=off', 'UTOPIA_WARM_BASE=never', ''];
  writeFileSync(join(lab, 'utopia.config'), lines.join('\n'));
  for (const path of [home, lab, shared]) chownSync(path, anna, anna);
  chmodSync(shared, 0o755);
  const run = (...args: readonly string[]) => {
    const who = [`--reuid=${anna}`, `--regid=${anna}`, '--clear-groups', '--'];
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, LANG: 'C.UTF-8' };
    const all = [...who, process.execPath, program, ...args];
    return spawnSync('setpriv', all, { cwd: lab, env, encoding: 'utf8' });
  };
  try {
    const up = run('up', '--detach', '--no-wait', '--json');
    expect(up.status, up.stderr).toBe(0);
    expect(told(up.stdout).shareWriters).toEqual({ user: 'yes', root: 'yes' });
    // In a namespace, whose only id is hers and is called 1000.
    const map = readFileSync(`/proc/${told(up.stdout).pid}/uid_map`, 'utf8');
    expect(map.trim().split(/\s+/)).toEqual(['1000', String(anna), '1']);
    expect(run('down', '--force').status).toBe(0);

    chownSync(shared, other, other);
    const again = run('up', '--detach', '--no-wait');
    expect(again.status, again.stderr).toBe(0);
    const what = `nobody can write there (id ${other} owns it, and you cannot)`;
    expect(unfolded(again.stdout)).toContain(`${what}; name a folder of yours in SHARED_FS_DIR`);
    expect(told(run('status', '--json').stdout).shareWriters).toMatchObject({
      ...{ user: 'no', root: 'no', what },
    });
  } finally {
    run('down', '--force');
  }
});
