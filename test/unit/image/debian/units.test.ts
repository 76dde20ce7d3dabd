import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { customiseScript, maskedUnits } from '../../../../src/image/debian/customise.ts';
import { unitFiles } from '../../../../src/image/debian/files-units.ts';
import { guestFiles } from '../../../../src/image/debian/guest-files.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/**
 * Units that Debian 13 has and Debian 12 has not. The first waits for basic.target and sshd for
 * it, while sysinit.target waits for sshd: the cycle that `systemd-analyze verify default.target`
 * told of. udevd would wait for the others, and sshd's address for udevd.
 */
const beforeSshd = [
  'sshd-keygen.service',
  'systemd-tmpfiles-setup-dev-early.service',
  'systemd-udev-load-credentials.service',
];

describe('the order of a boot', () => {
  test.each(beforeSshd)('%s is masked', (unit) => {
    expect(maskedUnits).toContain(unit);
    expect(customiseScript()).toMatch(new RegExp(`systemctl --quiet mask .*${unit}`));
  });

  test('/tmp stays on the disk: Debian 13 would mount one in memory', () => {
    expect(maskedUnits).toContain('tmp.mount');
  });

  test('no generator of Debian 13 complains on the console', () => {
    expect(customiseScript()).toMatch(/for name in .*\bssh\b.*\btpm2\b/);
  });

  test('a unit of ours is never masked, and none uses what systemd 260 ignores', () => {
    for (const { path, content } of unitFiles) {
      expect(maskedUnits).not.toContain(path.split('/').at(-1));
      expect(content).not.toMatch(/^Exec\w+=!!/m);
    }
  });

  test('a busy host is not taken for a missing device', () => {
    const settings = guestFiles().find(({ path }) => path.includes('system.conf.d'))?.content;
    expect(settings).toContain('DefaultDeviceTimeoutSec=300s');
  });
});

describe('host keys of a first boot', () => {
  const unit = unitFiles.find(({ path }) => path.endsWith('/utopia-host-keys.service'));
  const scripts = [...(unit?.content ?? '').matchAll(/^ExecStart=\/bin\/sh -c '(.*)'$/gm)];

  /** Runs the unit's commands below a folder; `sync` notes what sshd would find, and ends with `status`. */
  const run = (root: string, status: number): string[] => {
    const [ssh, noted] = [join(root, 'etc/ssh'), join(root, 'noted')];
    mkdirSync(ssh, { recursive: true });
    writeFileSync(noted, '');
    const sync = `sync() { for each; do [ -s "$each" ] || return 1; done; ls ${ssh} >>${noted}; return ${status}; }`;
    for (const [, script = ''] of scripts) {
      const here = script.replaceAll('/etc/ssh', ssh);
      execFileSync('/bin/sh', ['-c', `${sync}; ${here} || :`]);
    }
    return readFileSync(noted, 'utf8').split('\n').filter(Boolean);
  };

  test('get their names only when they are on the disk, and draft keys of an earlier try do not hinder', () => {
    using folder = temporaryFolder();
    expect(scripts).toHaveLength(2);
    const ssh = join(folder.path, 'etc/ssh');
    expect(run(folder.path, 1)).toEqual([]);
    expect(readdirSync(ssh)).toEqual(expect.arrayContaining(['.new_ecdsa', '.new_ed25519']));
    expect(readdirSync(ssh).filter((name) => name.startsWith('ssh_host'))).toEqual([]);
    // Of the second key it is seen that the first has its name by then.
    expect(run(folder.path, 0)).toEqual(['ssh_host_ed25519_key', 'ssh_host_ed25519_key.pub']);
    const names = ['ecdsa', 'ed25519'].map((kind) => `ssh_host_${kind}_key`);
    expect(readdirSync(ssh).toSorted()).toEqual(names.flatMap((name) => [name, `${name}.pub`]));
    for (const name of names) execFileSync('ssh-keygen', ['-l', '-f', join(ssh, name)]);
  });

  test('are made where either is missing', () => {
    expect(unit?.content.match(/^ConditionPathExists=.*$/gm)).toEqual([
      'ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key',
      'ConditionPathExists=|!/etc/ssh/ssh_host_ecdsa_key',
    ]);
  });
});
