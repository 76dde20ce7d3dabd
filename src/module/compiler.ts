/** The compiler that a kernel was built with, as its configuration names it. */
export interface KernelCompiler {
  readonly kind: 'gcc' | 'clang';
  /** Modules fit that are built by the same one of these; the rest of the version does not matter. */
  readonly major: number;
  /** What it was called then, where that is told: kbuild warns of another name. */
  readonly name: string | undefined;
}

/**
 * Reads CONFIG_GCC_VERSION or CONFIG_CLANG_VERSION (120200 is 12.2.0) out of a `.config` or
 * `include/config/auto.conf`; undefined where neither is there (kernels before 5.8). Pure.
 */
export function readKernelCompiler(config: string): KernelCompiler | undefined {
  const version = (name: string): number =>
    Number(new RegExp(`^CONFIG_${name}_VERSION=(\\d{1,9})$`, 'm').exec(config)?.[1] ?? 0);
  for (const kind of ['clang', 'gcc'] as const) {
    const found = version(kind.toUpperCase());
    if (found < 10_000) continue;
    const name = /^CONFIG_CC_VERSION_TEXT="?([\w.+-]{1,64}) /m.exec(config)?.[1];
    return { kind, major: Math.floor(found / 10_000), name };
  }
  return undefined;
}

/** Names under which a host may have that compiler, the surest first. Pure. */
export function compilerNames({ kind, major, name }: KernelCompiler): readonly string[] {
  // LLVM=1 takes the linker and the others without a version, too.
  if (kind === 'clang') return ['clang'];
  const usual = [`gcc-${major}`, `x86_64-linux-gnu-gcc-${major}`, 'gcc'];
  return [...new Set([...(name === undefined ? [] : [name]), ...usual])];
}

/** The major version in what `gcc -dumpversion` or `clang -dumpversion` prints. Pure. */
export function readMajor(text: string): number | undefined {
  const major = /^(\d{1,3})(?:\.|$)/.exec(text.trim())?.[1];
  return major === undefined ? undefined : Number(major);
}
