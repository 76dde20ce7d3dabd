import type { DevelopmentTool } from './needs.ts';

/** Distributions whose names of packages are known. */
export type Family = 'debian' | 'rhel' | 'fedora' | 'arch' | 'suse' | 'nixos' | 'alpine';

type Names = readonly [
  debian: string,
  fedora: string,
  arch: string,
  suse: string,
  nixos: string,
  alpine: string,
];

const names: Readonly<Record<DevelopmentTool, Names>> = {
  gcc: ['build-essential', 'gcc', 'base-devel', 'gcc', 'gcc', 'build-base'],
  make: ['build-essential', 'make', 'base-devel', 'make', 'gnumake', 'build-base'],
  'libc-headers': [
    'build-essential',
    'glibc-devel',
    'base-devel',
    'glibc-devel',
    'glibc',
    'build-base',
  ],
  flex: ['flex', 'flex', 'flex', 'flex', 'flex', 'flex'],
  bison: ['bison', 'bison', 'bison', 'bison', 'bison', 'bison'],
  bc: ['bc', 'bc', 'bc', 'bc', 'bc', 'bc'],
  perl: ['perl', 'perl-interpreter', 'perl', 'perl', 'perl', 'perl'],
  xz: ['xz-utils', 'xz', 'xz', 'xz', 'xz', 'xz'],
  depmod: ['kmod', 'kmod', 'kmod', 'kmod', 'kmod', 'kmod'],
  'libelf-headers': [
    'libelf-dev',
    'elfutils-libelf-devel',
    'libelf',
    'libelf-devel',
    'elfutils',
    'elfutils-dev',
  ],
  'openssl-headers': [
    'libssl-dev',
    'openssl-devel',
    'openssl',
    'libopenssl-devel',
    'openssl',
    'openssl-dev',
  ],
  'ncurses-headers': [
    'libncurses-dev',
    'ncurses-devel',
    'ncurses',
    'ncurses-devel',
    'ncurses',
    'ncurses-dev',
  ],
  git: ['git', 'git-core', 'git', 'git-core', 'git', 'git'],
  python3: ['python3', 'python3', 'python', 'python3', 'python3', 'python3'],
  sparse: ['sparse', 'sparse', 'sparse', 'sparse', 'sparse', 'sparse'],
  pahole: ['dwarves', 'dwarves', 'pahole', 'dwarves', 'pahole', 'pahole'],
  cpio: ['cpio', 'cpio', 'cpio', 'cpio', 'cpio', 'cpio'],
  clang: ['clang', 'clang', 'clang', 'clang', 'clang', 'clang'],
  lld: ['lld', 'lld', 'lld', 'lld', 'lld', 'lld'],
  llvm: ['llvm', 'llvm', 'llvm', 'llvm', 'llvm', 'llvm'],
  ccache: ['ccache', 'ccache', 'ccache', 'ccache', 'ccache', 'ccache'],
  rustc: ['rustc', 'rust', 'rust', 'rust', 'rustc', 'rust'],
  bindgen: [
    'bindgen',
    'bindgen-cli',
    'rust-bindgen',
    'rust-bindgen',
    'rust-bindgen',
    'rust-bindgen',
  ],
  openssl: ['openssl', 'openssl', 'openssl', 'openssl', 'openssl', 'openssl'],
  zstd: ['zstd', 'zstd', 'zstd', 'zstd', 'zstd', 'zstd'],
  lz4: ['lz4', 'lz4', 'lz4', 'lz4', 'lz4', 'lz4'],
  lzop: ['lzop', 'lzop', 'lzop', 'lzop', 'lzop', 'lzop'],
  bzip2: ['bzip2', 'bzip2', 'bzip2', 'bzip2', 'bzip2', 'bzip2'],
  rsync: ['rsync', 'rsync', 'rsync', 'rsync', 'rsync', 'rsync'],
  ninja: ['ninja-build', 'ninja-build', 'ninja', 'ninja', 'ninja', 'samurai'],
  'pkg-config': [
    'pkg-config',
    'pkgconf-pkg-config',
    'pkgconf',
    'pkgconf-pkg-config',
    'pkg-config',
    'pkgconf',
  ],
  'python-venv': ['python3-venv', 'python3-libs', 'python', 'python3-base', 'python3', 'python3'],
  glib: ['libglib2.0-dev', 'glib2-devel', 'glib2-devel', 'glib2-devel', 'glib', 'glib-dev'],
  pixman: [
    'libpixman-1-dev',
    'pixman-devel',
    'pixman',
    'libpixman-1-0-devel',
    'pixman',
    'pixman-dev',
  ],
  zlib: ['zlib1g-dev', 'zlib-devel', 'zlib', 'zlib-devel', 'zlib', 'zlib-dev'],
  libslirp: [
    'libslirp-dev',
    'libslirp-devel',
    'libslirp',
    'libslirp-devel',
    'libslirp',
    'libslirp-dev',
  ],
  'libcap-ng': [
    'libcap-ng-dev',
    'libcap-ng-devel',
    'libcap-ng',
    'libcap-ng-devel',
    'libcap_ng',
    'libcap-ng-dev',
  ],
  libcap: ['libcap-dev', 'libcap-devel', 'libcap', 'libcap-devel', 'libcap', 'libcap-dev'],
  libfdt: ['libfdt-dev', 'libfdt-devel', 'dtc', 'libfdt-devel', 'dtc', 'dtc-dev'],
  meson: ['meson', 'meson', 'meson', 'meson', 'meson', 'meson'],
  firmware: ['seabios', 'seabios-bin', 'seabios', 'qemu-seabios', 'seabios-qemu', 'seabios'],
  libattr: ['libattr1-dev', 'libattr-devel', 'attr', 'libattr-devel', 'attr', 'attr-dev'],
};

const columns: readonly Family[] = ['debian', 'fedora', 'arch', 'suse', 'nixos', 'alpine'];

/** The packages of a family's distributions; Red Hat's are named as Fedora's. */
export function developmentPackages(family: Family): Record<DevelopmentTool, readonly string[]> {
  const column = columns.indexOf(family === 'rhel' ? 'fedora' : family);
  const prefix = family === 'nixos' ? 'nixos.' : '';
  return Object.fromEntries(
    Object.entries(names).map(([tool, row]) => [tool, [`${prefix}${row[column]}`]]),
  ) as unknown as Record<DevelopmentTool, readonly string[]>;
}
