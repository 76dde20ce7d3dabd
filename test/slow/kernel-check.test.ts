import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Verdict } from '../../src/kernel/judge-config.ts';
import { testImage } from '../support/image.ts';
import type { DebianSuite } from '../support/kernel-source.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { buildOfKinds, type TinyKind } from '../support/tiny-kernel.ts';

// What `utopia kernel check` says of a kernel, and what becomes of it when it is booted over the
// image: the bzImage alone, without an initramfs and without the modules of its build.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');

interface Case extends TinyKind {
  readonly verdict: Verdict;
  /** Some option that the check names. */
  readonly names?: string;
  /** Nothing of the kernel's stands on the console. */
  readonly isSilent?: true;
}

/** Kernels of Debian 12's source, each the tiny one but for some options. */
const changed: Readonly<Record<string, Case>> = {
  tiny: { set: [], verdict: 'boots' },
  'without-serial-console': {
    ...{ set: ['SERIAL_8250_CONSOLE=n'], verdict: 'boots', isSilent: true },
    names: 'SERIAL_8250_CONSOLE',
  },
  'without-9p': { set: ['9P_FS=n', 'NET_9P=n'], verdict: 'boots', names: 'NET_9P_VIRTIO' },
  'virtio-as-modules': {
    set: ['VIRTIO_PCI=m', 'VIRTIO_BLK=m', 'VIRTIO_NET=m', 'VIRTIO_CONSOLE=m'],
    ...{ verdict: 'needs-initramfs', names: 'VIRTIO_BLK' },
  },
  'without-ext4': { set: ['EXT4_FS=n'], verdict: 'will-not-boot', names: 'EXT4_FS' },
  'without-partitions': {
    ...{ set: ['MSDOS_PARTITION=n'], verdict: 'will-not-boot', names: 'MSDOS_PARTITION' },
  },
  'without-network-card': { set: ['VIRTIO_NET=n'], verdict: 'will-not-boot', names: 'VIRTIO_NET' },
  'without-packet-sockets': { set: ['PACKET=n'], verdict: 'will-not-boot', names: 'PACKET' },
};

/** The kernel's own configuration for x86-64, and an older kernel. */
const whole: Readonly<Record<string, Case>> = {
  defconfig: { set: [], plain: true, verdict: 'boots' },
};
const old: Readonly<Record<string, Case>> = { 'tiny-5.10': { set: [], verdict: 'boots' } };

const all: [string, Case, Readonly<Record<string, Case>>, DebianSuite][] = [
  ...listOf(changed, 'bookworm'),
  ...listOf(whole, 'bookworm'),
  ...listOf(old, 'bullseye'),
];

function listOf(
  cases: Readonly<Record<string, Case>>,
  suite: DebianSuite,
): [string, Case, Readonly<Record<string, Case>>, DebianSuite][] {
  return Object.entries(cases).map(([name, each]) => [name, each, cases, suite]);
}

/** What the check quotes of the console. */
function quotesIn(effects: readonly string[]): string[] {
  return effects.flatMap((effect) =>
    Array.from(effect.matchAll(/"([^"]+)"/g), ([, quoted = '']) => quoted),
  );
}

test.each(all)('%s', { timeout: 3_600_000 }, async (name, kind, cases, suite) => {
  const { verdict, names, isSilent } = kind;
  await using lab = await makeLab({ backing: await testImage() });
  const build = await buildOfKinds(lab, cases, name, suite);
  const check = await lab.run('kernel', 'check', build.image, '--json');
  const said = JSON.parse(check.stdout) as {
    readonly verdict: Verdict;
    readonly findings: readonly { readonly option: string; readonly effect: string }[];
  };
  expect(said.verdict).toBe(verdict);
  expect(check.status).toBe(verdict === 'will-not-boot' ? 69 : 0);
  if (names !== undefined) {
    expect(said.findings.map(({ option }) => option)).toContain(`CONFIG_${names}`);
  }

  const image = join(lab.folder, 'bzImage');
  copyFileSync(build.image, image);
  const words = ['--kernel', './bzImage', '--append', 'ignore_loglevel'];
  const up = await lab.run('up', '--detach', ...words);
  const isUp = verdict === 'boots';
  expect(up.status, up.stderr).toBe(isUp ? 0 : 69);
  const console = readFileSync(lab.paths().consoleLog, 'latin1');
  expect(console.includes('Linux version')).toBe(isSilent !== true);
  if (isUp) {
    const release = await lab.run('exec', '--', 'uname', '-r');
    expect(release.stdout.trim()).toBe(build.version);
    await lab.run('down');
    return;
  }
  // Whoever reads what failed is led to the check, which says what is on the console.
  expect(up.stderr.replaceAll(/\s+/g, ' ')).toContain('utopia kernel check ');
  const quotes = quotesIn([said.findings[0]?.effect ?? '']);
  if (quotes.length > 0) {
    expect(quotes.filter((quote) => console.includes(quote))).not.toEqual([]);
  }
});
