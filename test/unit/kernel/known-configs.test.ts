import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findKernelConfig } from '../../../src/kernel/find-config.ts';
import { judgeConfig, type Verdict } from '../../../src/kernel/judge-config.ts';

const folder = join(import.meta.dirname, '../../../fixtures/kernel-configs');
const { signal } = new AbortController();

const vfs = 'VFS: Unable to mount root fs';

/** Whole configurations as Kconfig wrote them, and what stops a kernel of each, in this order. */
test.each<[string, Verdict, string | undefined, readonly string[]]>([
  // What utopia kernel config --base tiny makes of Linux 6.1.192; it boots to SSH in 17 s.
  ['utopia-tiny-6.1', 'boots', undefined, []],
  ['x86_64_defconfig-6.1', 'boots', undefined, []],
  // Seen: panic after 5 s without the initramfs, SSH with it.
  ['debian-6.1', 'needs-initramfs', vfs, ['VIRTIO_PCI', 'VIRTIO_BLK', 'EXT4_FS', 'VIRTIO_NET']],
  [
    'tinyconfig-6.1',
    'will-not-boot',
    `${vfs} (the serial console shows nothing of it)`,
    ['BLOCK', 'PCI', 'VIRTIO_PCI', 'VIRTIO_BLK', 'MSDOS_PARTITION', 'EXT4_FS', '64BIT'],
  ],
])('%s: %s', async (name, verdict, headline, first) => {
  const { config, version } = await findKernelConfig(join(folder, `${name}.config.gz`), signal);
  const judged = judgeConfig(config, version);
  expect(judged).toMatchObject({ verdict, headline });
  const fatal = judged.findings.filter(({ cost }) => cost !== 'feature');
  const options = fatal.map(({ option }) => option.replace('CONFIG_', ''));
  expect(options.slice(0, first.length)).toEqual(first);
  if (verdict !== 'will-not-boot') expect(options).toHaveLength(first.length);
});
