import { describe, expect, test } from 'vitest';
import { customiseScript, maskedUnits } from '../../../../src/image/debian/customise.ts';
import { unitFiles } from '../../../../src/image/debian/files-units.ts';
import { guestFiles } from '../../../../src/image/debian/files.ts';

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
