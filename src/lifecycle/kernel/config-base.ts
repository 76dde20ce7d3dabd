import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseKernelConfig } from '../../kernel/config-text.ts';
import { tinyFragment } from '../../kernel/fragments.ts';
import type { KernelTree } from '../../kernel/kernel-tree.ts';
import { isReachable } from '../../system/look.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { runKernelMake } from './kernel-make.ts';

/** What a .config starts from. */
export type ConfigBase =
  | { readonly kind: 'defconfig' }
  | { readonly kind: 'tiny' }
  /** The text of a whole .config, and what it is for the note. */
  | { readonly kind: 'image' | 'file'; readonly text: string };

/** Writes the file `base` in the draft folder. */
export async function writeBase(
  make: Parameters<typeof runKernelMake>[0],
  { base, tree }: { readonly base: ConfigBase; readonly tree: KernelTree },
): Promise<void> {
  if (base.kind === 'defconfig') return await runKernelMake(make, 'base', 'x86_64_defconfig');
  if (base.kind !== 'tiny') return await writeFile(join(make.draft, 'base'), base.text);
  // What make tinyconfig does, which writes to .config whatever it is told.
  const options = join(tree.folder, 'kernel/configs/tiny-base.config');
  const all = (await isReachable(options)) ? { KCONFIG_ALLCONFIG: options } : {};
  await runKernelMake(make, 'base', 'allnoconfig', all);
}

/**
 * Distributions' configs name certificates that only their own trees have; without the file the
 * build ends with "No rule to make target".
 */
export async function missingKeys(
  { folder }: KernelTree,
  base: ConfigBase,
): Promise<{ readonly option: string; readonly path: string }[]> {
  if (base.kind !== 'file' && base.kind !== 'image') return [];
  const config = parseKernelConfig(base.text);
  const named = ['SYSTEM_TRUSTED_KEYS', 'SYSTEM_REVOCATION_KEYS'].map((option) => {
    return { option, path: (config?.options.get(option) ?? '').replaceAll('"', '') };
  });
  const there = await Promise.all(named.map(({ path }) => isReachable(resolve(folder, path))));
  return named.filter(({ path }, at) => path !== '' && there[at] === false);
}

/** Fragments of make tinyconfig, with what brings hidden options back. */
export async function tinyFragments({ folder }: KernelTree): Promise<string[]> {
  const files = ['kernel/configs/tiny.config', 'arch/x86/configs/tiny.config'];
  const texts = files.map((each) => readRegularText(join(folder, each)).catch(() => ''));
  return [...(await Promise.all(texts)), tinyFragment.text];
}
