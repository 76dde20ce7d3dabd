import type { Need, Tool } from '../host/needs.ts';
import type { KernelConfig } from './config-text.ts';

/** What a build needs of the host. */
export interface BuildNeed extends Need {
  /** The option that asks for it; undefined where every kernel does. */
  readonly option?: string;
}

/** How a build is asked for, as far as it changes what the host needs. */
export interface BuildManner {
  readonly llvm: boolean;
  readonly ccache: boolean;
  /** Modules are installed, and packed into a file system. */
  readonly modules: boolean;
}

function program(name: string, tool: Tool, option?: string): BuildNeed {
  return {
    tool,
    name,
    sign: { kind: 'program', name },
    ...(option === undefined ? {} : { option }),
  };
}

function header(file: string, name: string, tool: Tool, option?: string): BuildNeed {
  const sign = { kind: 'header', name: file } as const;
  return { tool, name, sign, ...(option === undefined ? {} : { option }) };
}

const libelf = 'the headers of libelf';

/** What options ask for, after Documentation/process/changes.rst and the Makefiles that use it. */
const byOption: readonly BuildNeed[] = [
  ...['OBJTOOL', 'STACK_VALIDATION', 'UNWINDER_ORC', 'DEBUG_INFO_BTF'].map((option) =>
    header('gelf.h', libelf, 'libelf-headers', option),
  ),
  ...['SYSTEM_TRUSTED_KEYRING', 'MODULE_SIG_FORMAT', 'MODULE_SIG'].map((option) =>
    header('openssl/opensslv.h', 'the headers of OpenSSL', 'openssl-headers', option),
  ),
  program('openssl', 'openssl', 'MODULE_SIG'),
  program('pahole', 'pahole', 'DEBUG_INFO_BTF'),
  program('perl', 'perl', 'OID_REGISTRY'),
  program('xz', 'xz', 'KERNEL_XZ'),
  program('xz', 'xz', 'KERNEL_LZMA'),
  program('xz', 'xz', 'MODULE_COMPRESS_XZ'),
  program('xz', 'xz', 'IKHEADERS'),
  program('cpio', 'cpio', 'IKHEADERS'),
  program('zstd', 'zstd', 'KERNEL_ZSTD'),
  program('zstd', 'zstd', 'MODULE_COMPRESS_ZSTD'),
  program('lz4', 'lz4', 'KERNEL_LZ4'),
  program('lzop', 'lzop', 'KERNEL_LZO'),
  program('bzip2', 'bzip2', 'KERNEL_BZIP2'),
  program('rustc', 'rustc', 'RUST'),
  program('bindgen', 'bindgen', 'RUST'),
];

/** Everything that building this config so needs, each program and header once. Pure. */
export function buildNeeds(
  { options }: Pick<KernelConfig, 'options'>,
  { llvm, ccache, modules }: BuildManner,
): readonly BuildNeed[] {
  const compilers = llvm
    ? [program('clang', 'clang'), program('ld.lld', 'lld'), program('llvm-ar', 'llvm')]
    : [program('gcc', 'gcc'), program('ld', 'gcc')];
  const all = [
    program('make', 'make'),
    ...compilers,
    header('stdio.h', "the C library's headers", 'libc-headers'),
    program('flex', 'flex'),
    program('bison', 'bison'),
    program('bc', 'bc'),
    ...(ccache ? [program('ccache', 'ccache')] : []),
    ...byOption.filter(({ option = '' }) => options.get(option) === 'y'),
    ...(modules ? [program('depmod', 'depmod'), program('mke2fs', 'mke2fs')] : []),
  ];
  return all.filter((need, index) => all.findIndex(({ name }) => name === need.name) === index);
}

const kilobyte = 1000;

/**
 * About how many bytes the objects of a first build take: the order of what is published of
 * defconfig and Debian's configuration, with and without debug information. Pure.
 */
export function estimateBuildBytes({ options }: Pick<KernelConfig, 'options'>): number {
  let builtIn = 0;
  let modules = 0;
  for (const value of options.values()) {
    if (value === 'y') builtIn += 1;
    if (value === 'm') modules += 1;
  }
  const objects = builtIn * 200 * kilobyte + modules * 700 * kilobyte;
  const hasDebug = options.get('DEBUG_INFO') === 'y' && options.get('DEBUG_INFO_REDUCED') !== 'y';
  const isChecked = options.get('KASAN') === 'y' || options.get('KCSAN') === 'y';
  return objects * (hasDebug ? 5 : 1) * (isChecked ? 2 : 1);
}
