import { describe, expect, test } from 'vitest';
import { machineFragment, namedFragments, wantedOptions } from '../../../src/kernel/fragments.ts';
import { judgeConfig } from '../../../src/kernel/judge-config.ts';
import { requirements } from '../../../src/kernel/requirements.ts';

/** What utopia kernel config asks for, changed by `changes`. */
function configWith(changes: Readonly<Record<string, string>> = {}): {
  options: Map<string, string>;
} {
  const options = new Map([...wantedOptions([machineFragment.text]), ...Object.entries(changes)]);
  for (const [option, value] of options) if (value === 'n') options.delete(option);
  return { options };
}

test('what utopia kernel config asks for boots, and lacks nothing', () => {
  expect(judgeConfig(configWith(), '6.1.192')).toEqual({
    verdict: 'boots',
    headline: undefined,
    findings: [],
  });
});

test('an empty config has a finding for each requirement of its version', () => {
  const { verdict, findings, headline } = judgeConfig({ options: new Map() }, '6.12.1');
  expect(verdict).toBe('will-not-boot');
  expect(headline).toBe('VFS: Unable to mount root fs (the serial console shows nothing of it)');
  expect(findings).toHaveLength(requirements.length);
});

describe('one option changed', () => {
  test.each<[Record<string, string>, string, string | undefined]>([
    [{ VIRTIO_BLK: 'm' }, 'needs-initramfs', 'VFS: Unable to mount root fs'],
    [{ VIRTIO_BLK: 'n' }, 'will-not-boot', 'VFS: Unable to mount root fs'],
    [{ EXT4_FS: 'm' }, 'needs-initramfs', 'VFS: Unable to mount root fs'],
    [{ EXT4_FS: 'n' }, 'will-not-boot', 'VFS: Unable to mount root fs'],
    [{ '64BIT': 'n' }, 'will-not-boot', 'No working init found'],
    [{ VIRTIO_NET: 'n' }, 'will-not-boot', 'SSH never answers'],
    [{ VIRTIO_NET: 'm' }, 'needs-initramfs', 'SSH never answers'],
    [{ CGROUPS: 'n' }, 'will-not-boot', 'systemd stops'],
    [{ NET_9P_VIRTIO: 'n' }, 'boots', undefined],
    [{ SERIAL_8250_CONSOLE: 'n' }, 'boots', undefined],
    [{ SERIAL_8250_CONSOLE: 'm' }, 'boots', undefined],
    [{ MODULES: 'n' }, 'boots', undefined],
    [{ BLK_DEV_INITRD: 'n' }, 'boots', undefined],
    [
      { BLK_DEV_INITRD: 'n', EXT4_FS: 'm' },
      'will-not-boot',
      'VFS: Unable to mount root fs, and no initramfs can help',
    ],
  ])('%j: %s', (changes, verdict, headline) => {
    const judged = judgeConfig(configWith(changes), '6.1.192');
    expect(judged).toMatchObject({ verdict, headline });
    const options = judged.findings.map(({ option }) => option);
    for (const option of Object.keys(changes)) expect(options).toContain(`CONFIG_${option}`);
  });
});

describe('what is set and decides the boot by itself', () => {
  test.each<[string, string, string | undefined]>([
    ['root=/dev/vda1 quiet', 'boots', undefined],
    ['root=/dev/sda1 root=PARTUUID=1234-01', 'boots', undefined],
    ['root=/dev/sda1', 'will-not-boot', 'VFS: Unable to mount root fs'],
    ['console=ttyS0', 'will-not-boot', 'VFS: Unable to mount root fs'],
    ['root=UUID=0f0a', 'needs-initramfs', 'VFS: Unable to mount root fs'],
  ])('a command line that wins: %s: %s', (line, verdict, headline) => {
    const changes = { CMDLINE_BOOL: 'y', CMDLINE_OVERRIDE: 'y', CMDLINE: `"${line}"` };
    const judged = judgeConfig(configWith(changes), '6.1');
    expect(judged).toMatchObject({ verdict, headline });
    expect(judged.findings).toMatchObject([
      { option: 'CONFIG_CMDLINE_OVERRIDE', want: 'n', have: 'y' },
    ]);
  });

  test('a command line that the given one is added to is none', () => {
    const changes = { CMDLINE_BOOL: 'y', CMDLINE: '"root=/dev/sda1"' };
    expect(judgeConfig(configWith(changes), '6.1').findings).toEqual([]);
  });

  test('an initramfs of its own is said, one without a name is none', () => {
    const own = judgeConfig(configWith({ INITRAMFS_SOURCE: '"/src/my root.cpio"' }), '6.1');
    expect(own).toMatchObject({
      verdict: 'boots',
      findings: [{ effect: expect.stringContaining('(/src/my root.cpio)') }],
    });
    expect(judgeConfig(configWith({ INITRAMFS_SOURCE: '""' }), '6.1').findings).toEqual([]);
  });
});

test('findings that stop the boot stand first, and say what is wanted, there, and where', () => {
  const { findings } = judgeConfig(configWith({ '9P_FS': 'n', EXT4_FS: 'm', TMPFS: 'n' }), '6.1');
  expect(findings.map(({ option, want, have }) => [option, want, have])).toEqual([
    ['CONFIG_TMPFS', 'y', 'missing'],
    ['CONFIG_EXT4_FS', 'y', 'm'],
    ['CONFIG_9P_FS', 'y|m', 'missing'],
  ]);
  for (const { effect, menu } of findings) {
    expect(effect).toMatch(/^\S.*\.$/);
    expect(menu).not.toBe('');
  }
});

test('a module is enough where y|m is wanted', () => {
  const modules = requirements.filter(({ want }) => want === 'y|m').map(({ option }) => option);
  const changes = Object.fromEntries(modules.map((option) => [option, 'm']));
  expect(judgeConfig(configWith(changes), '6.1').findings).toEqual([]);
});

test('options of later versions are not asked of a kernel before them', () => {
  const changes = { MULTIUSER: 'n', PVPANIC: 'n', TTY: 'n' };
  expect(judgeConfig(configWith(changes), '3.2.0').verdict).toBe('boots');
  expect(judgeConfig(configWith(changes), '4.19.0').verdict).toBe('will-not-boot');
  expect(judgeConfig(configWith(changes)).verdict).toBe('will-not-boot');
});

test('each requirement stands once, and each fragment has a name and options of its own', () => {
  const options = requirements.map(({ option }) => option);
  expect(new Set(options).size).toBe(options.length);
  const names = namedFragments.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { text, about } of namedFragments) {
    expect(wantedOptions([text]).size).toBeGreaterThan(0);
    expect(about).not.toMatch(/\.$/);
  }
});
