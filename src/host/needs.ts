/** What kernels, modules and QEMU are built with. */
export type DevelopmentTool =
  | ('gcc' | 'make' | 'libc-headers' | 'flex' | 'bison' | 'bc' | 'perl' | 'xz' | 'depmod')
  | ('libelf-headers' | 'openssl-headers' | 'ncurses-headers')
  | ('git' | 'python3' | 'pahole' | 'cpio' | 'rsync')
  | ('clang' | 'lld' | 'llvm' | 'ccache' | 'rustc' | 'bindgen' | 'openssl')
  | ('zstd' | 'lz4' | 'lzop' | 'bzip2')
  | 'sparse'
  | ('ninja' | 'pkg-config' | 'python-venv' | 'glib' | 'pixman' | 'zlib')
  | ('libslirp' | 'libcap-ng' | 'libcap' | 'libattr' | 'libfdt' | 'meson' | 'firmware');

/** What utopia may need from a distribution. */
export type Tool =
  | ('qemu' | 'qemu-img' | 'ssh' | 'flock' | 'mmdebstrap' | 'mke2fs' | 'newuidmap' | 'debian-keys')
  | DevelopmentTool;

/** What shows that a tool is there. */
export type Sign =
  /** A program in PATH, or in a folder of system programs. */
  | { readonly kind: 'program'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  /** A header that the C compiler finds. */
  | { readonly kind: 'header'; readonly name: string }
  /** A library that pkg-config knows. */
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'python-module'; readonly name: string };

export interface Need {
  readonly tool: Tool;
  /** As a message names it. */
  readonly name: string;
  readonly sign: Sign;
  /** Root does without it. */
  readonly rootless?: true;
}
