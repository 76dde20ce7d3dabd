import { resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { mostConfigBytes, parseFragment, parseKernelConfig } from '../../kernel/config-text.ts';
import { requireX86, type KernelTree } from '../../kernel/kernel-tree.ts';
import { readRegularText, whyUnreadable } from '../../system/regular-file.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { ConfigBase } from './config-base.ts';
import { readImageKernelConfig } from './image-kernel-config.ts';

/** A file of `--fragment` with its text; `path` is absolute. Throws `kernel-unsuitable` where it sets no option. */
export async function readFragmentFile(path: string): Promise<{ path: string; text: string }> {
  const text = await readFileOfUser(path, '--fragment');
  if (parseFragment(text).size > 0) return { path, text };
  throw new UtopiaError('kernel-unsuitable', `--fragment ${path} sets no option.`, {
    hint: 'It has lines such as CONFIG_KASAN=y and # CONFIG_SLUB_STATS is not set.',
  });
}

/**
 * The base as typed: `defconfig`, `tiny`, `image`, or the file of a .config, relative to the current
 * folder. Throws `kernel-unsuitable`, and what reading the image's throws.
 */
export async function readConfigBase(
  context: LifecycleContext,
  globals: LifecycleOptions,
  tree: KernelTree,
  typed: string,
): Promise<ConfigBase> {
  if (typed === 'defconfig' || typed === 'tiny') return { kind: typed };
  if (typed === 'image') {
    const { image, path, text } = await readImageKernelConfig(context, globals);
    return { kind: 'image', text: checkBase(context, globals, tree, `${path} of ${image}`, text) };
  }
  const path = resolve(context.cwd, typed);
  const text = await readFileOfUser(path, '--base');
  return { kind: 'file', text: checkBase(context, globals, tree, path, text) };
}

/** Throws `kernel-unsuitable` for a base that is none, or is of another architecture. */
function checkBase(
  { reporter }: Pick<LifecycleContext, 'reporter'>,
  { quiet }: Pick<LifecycleOptions, 'quiet'>,
  tree: KernelTree,
  path: string,
  text: string,
): string {
  const config = parseKernelConfig(text);
  if (config === undefined) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${path} is no kernel configuration: it sets no CONFIG_ option.`,
      {
        hint: 'The base is defconfig, tiny, image, or the file of a .config.',
      },
    );
  }
  requireX86(path, config.architecture);
  if (config.version !== undefined && config.version !== tree.version && !quiet) {
    reporter.line(
      `  ${path} is of Linux ${config.version}; what is new in ${tree.version} gets its default.`,
    );
  }
  return text;
}

async function readFileOfUser(path: string, option: string): Promise<string> {
  try {
    return await readRegularText(path, mostConfigBytes);
  } catch (error) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${option} ${path} cannot be read: ${whyUnreadable(error)}`,
      {
        hint:
          option === '--base'
            ? 'The base is defconfig, tiny, image, or the file of a .config.'
            : 'Name a file with lines such as CONFIG_KASAN=y.',
        cause: error,
      },
    );
  }
}
