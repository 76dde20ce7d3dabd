import { valueOf, type KernelConfig } from '../../kernel/config-text.ts';

/** An option that is another one than at the bisection's start. */
export interface ConfigChange {
  /** Without CONFIG_. */
  readonly option: string;
  /** `n` for one that is not set, or that the kernel has not. */
  readonly was: string;
  readonly is: string;
}

/** What the compiler and the tools are: it is no choice of anybody's. */
const facts = /^(?:CC_|GCC_|CLANG_|AS_|LD_|LLD_|RUSTC_|PAHOLE_|TOOLS_)\w*(?:VERSION|TEXT)/;

/** What olddefconfig has made other of a config; options that state facts are left out. Pure. */
export function findConfigChanges(
  before: Pick<KernelConfig, 'options'>,
  after: Pick<KernelConfig, 'options'>,
): readonly ConfigChange[] {
  const names = new Set([...before.options.keys(), ...after.options.keys()]);
  return [...names]
    .filter((option) => !facts.test(option))
    .map((option) => ({ option, was: valueOf(before, option), is: valueOf(after, option) }))
    .filter(({ was, is }) => was !== is);
}
