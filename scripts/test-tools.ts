import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isInstalled } from './installed.ts';

/** Public programs (and headers) that tests hold against ours or make their cases with, by the Debian package that has each. */
const testTools: Readonly<Record<string, string>> = {
  vncsnapshot: 'vncsnapshot',
  gcc: 'gcc',
  addr2line: 'binutils',
  gdb: 'gdb',
  drgn: 'python3-drgn',
  crash: 'crash',
  git: 'git',
  xz: 'xz-utils',
  sshd: 'openssh-server',
  rsync: 'rsync',
  sshfs: 'sshfs',
  ip: 'iproute2',
  sfdisk: 'fdisk',
  // What builds a kernel.
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  cpio: 'cpio',
  depmod: 'kmod',
  // What confines a module's build.
  bwrap: 'bubblewrap',
  '/usr/include/libelf.h': 'libelf-dev',
  '/usr/include/openssl/ssl.h': 'libssl-dev',
  // What builds a QEMU, from Debian's source.
  ninja: 'ninja-build',
  'pkg-config': 'pkg-config',
  meson: 'meson',
  'dpkg-source': 'dpkg-dev',
  '/usr/include/glib-2.0/glib.h': 'libglib2.0-dev',
  '/usr/include/pixman-1/pixman.h': 'libpixman-1-dev',
  '/usr/include/slirp/libslirp.h': 'libslirp-dev',
  '/usr/include/zlib.h': 'zlib1g-dev',
  '/usr/include/cap-ng.h': 'libcap-ng-dev',
  '/usr/include/libfdt.h': 'libfdt-dev',
};

function isThere(name: string): boolean {
  return name.startsWith('/') ? existsSync(name) : isInstalled(name);
}

/**
 * Installs what only tests need, where that is one apt-get away; elsewhere the
 * tests that want it are skipped, and say so. Returns false when apt-get failed.
 */
export function installTestTools(): boolean {
  const missing = Object.keys(testTools).filter((name) => !isThere(name));
  if (missing.length === 0 || !isInstalled('apt-get')) return true;
  const packages = missing.map((program) => testTools[program] ?? program);
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const words = process.getuid?.() === 0 ? command : ['sudo', ...command];
  console.error(`Tests want ${missing.join(', ')}: ${words.join(' ')}`);
  const [program = '', ...args] = words;
  const { status } = spawnSync(program, args, {
    stdio: ['inherit', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}
